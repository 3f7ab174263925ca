//! CloudWatch alarms, metric and composite, by each of the three ways they can come: an EventBridge event,
//! an alarm's own Lambda action, and an SNS message.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;

use super::fields::Fields;
use super::{AwsEvent, IgnoredBecause, Reading, Unreadable};

/// A CloudWatch alarm changed its state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlarmChanged {
    /// The EventBridge or SNS message's id. An alarm action has none: there it is the ARN, the state and its
    /// time, so that a second delivery carries the same id.
    pub event_id: String,
    /// The alarm's name.
    pub alarm: String,
    /// The alarm's ARN, where it is told; nothing is decided on it.
    pub arn: Option<String>,
    /// The state it is in now.
    pub state: AlarmState,
    /// The state it left, if that is known. It can be the same: a composite alarm reports more than changes.
    pub previous: Option<AlarmState>,
    /// CloudWatch's words for people; may be empty.
    pub reason: String,
    /// When the state changed; where that cannot be read, when the event was sent. An event that tells neither is acted upon
    /// all the same: an alarm must not be lost to a member that is not needed.
    pub at: Option<Timestamp>,
}

/// The three states of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlarmState {
    /// The alarm fires.
    Alarm,
    /// All is well.
    Ok,
    /// It cannot tell.
    InsufficientData,
}

impl AlarmState {
    fn from_word(word: &str) -> Option<Self> {
        match word {
            "ALARM" => Some(Self::Alarm),
            "OK" => Some(Self::Ok),
            "INSUFFICIENT_DATA" => Some(Self::InsufficientData),
            _ => None,
        }
    }
}

impl fmt::Display for AlarmState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Alarm => "ALARM",
            Self::Ok => "OK",
            Self::InsufficientData => "INSUFFICIENT_DATA",
        })
    }
}

impl fmt::Display for AlarmChanged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.previous {
            Some(previous) => write!(f, "alarm {}: {previous} → {}", self.alarm, self.state),
            None => write!(f, "alarm {}: {}", self.alarm, self.state),
        }
    }
}

pub(super) fn event(fields: &Fields<'_>) -> Reading {
    let arn = fields.resource("an alarm's ARN among them", |arn| arn.contains(":alarm:"));
    let time = |path| fields.optional_time(path);
    Ok(AwsEvent::AlarmChanged(AlarmChanged {
        event_id: fields.text("id")?.to_owned(),
        alarm: fields.text("detail.alarmName")?.to_owned(),
        arn: arn.ok().map(tidy_arn),
        state: state(fields, "detail.state.value")?,
        previous: previous(fields, "detail.previousState.value"),
        reason: shown(fields, "detail.state.reason"),
        at: time("detail.state.timestamp").or_else(|| time("time")),
    }))
}

/// An alarm's own Lambda action; `cloudwatch_alarms` in `aws_lambda_events`.
pub(super) fn action(fields: &Fields<'_>) -> Reading {
    let arn = tidy_arn(fields.text("alarmArn")?);
    let alarm = fields.text("alarmData.alarmName")?.to_owned();
    let state = state(fields, "alarmData.state.value")?;
    let at = fields.time(&["alarmData.state.timestamp", "time"])?;
    Ok(AwsEvent::AlarmChanged(AlarmChanged {
        event_id: derived_id(&arn, state, at),
        alarm,
        arn: Some(arn),
        state,
        previous: previous(fields, "alarmData.previousState.value"),
        reason: shown(fields, "alarmData.state.reason"),
        at: Some(at),
    }))
}

/// One record of an invocation that has `Records`. Queues and streams send those too.
pub(super) fn record(index: usize, record: &Value) -> Reading {
    const WHAT: &str = "SNS message";
    let place = format!("Records[{index}]");
    let fields = Fields::part(WHAT, &place, record);
    let source = fields.first_text(&["EventSource", "eventSource"]);
    if record.get("Sns").is_some() || source == Some("aws:sns") {
        let message = fields.text("Sns.Message")?;
        match serde_json::from_str::<Value>(message) {
            Ok(body) if is_alarm(&body) => sns_alarm(&fields, &place, &body),
            _ => IgnoredBecause::NotAnAlarm.into(),
        }
    } else if let Some(source) = source {
        let (source, detail_type) = (source.to_owned(), "a record".to_owned());
        IgnoredBecause::NotOurs { source, detail_type }.into()
    } else {
        IgnoredBecause::NotAnEvent.into()
    }
}

fn is_alarm(body: &Value) -> bool {
    ["AlarmName", "AlarmArn", "NewStateValue"].iter().any(|member| body.get(member).is_some())
}

fn sns_alarm(record: &Fields<'_>, place: &str, body: &Value) -> Reading {
    let place = format!("{place}.Sns.Message");
    let fields = Fields::part("CloudWatch alarm in an SNS message", &place, body);
    let alarm = fields.text("AlarmName")?.to_owned();
    let arn = tidy_arn(fields.text("AlarmArn")?);
    let state = state(&fields, "NewStateValue")?;
    let at = match fields.optional_time("StateChangeTime") {
        Some(at) => at,
        None => record.time(&["Sns.Timestamp"])?,
    };
    let message_id = record.optional_text("Sns.MessageId");
    Ok(AwsEvent::AlarmChanged(AlarmChanged {
        event_id: message_id.map_or_else(|| derived_id(&arn, state, at), str::to_owned),
        alarm,
        arn: Some(arn),
        state,
        previous: previous(&fields, "OldStateValue"),
        reason: shown(&fields, "NewStateReason"),
        at: Some(at),
    }))
}

fn state(fields: &Fields<'_>, path: &str) -> Result<AlarmState, Unreadable> {
    let word = fields.text(path)?;
    AlarmState::from_word(word).ok_or_else(|| fields.wrong(path, "ALARM, OK or INSUFFICIENT_DATA"))
}

fn previous(fields: &Fields<'_>, path: &str) -> Option<AlarmState> {
    fields.optional_text(path).and_then(AlarmState::from_word)
}

fn shown(fields: &Fields<'_>, path: &str) -> String {
    fields.optional_text(path).unwrap_or_default().to_owned()
}

fn derived_id(arn: &str, state: AlarmState, at: Timestamp) -> String {
    format!("{arn}@{state}@{at}")
}

/// AWS's samples print ARNs with a space before the account. The seventh part is the alarm's name, which may
/// hold colons and spaces of its own, so it stays whole.
fn tidy_arn(arn: &str) -> String {
    let parts: Vec<&str> = arn.splitn(7, ':').map(str::trim).collect();
    parts.join(":")
}
