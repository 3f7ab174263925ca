//! What is asked for: by somebody on the bus, or by an alarm that a policy names.

use std::collections::BTreeMap;

use jiff::Timestamp;
use tidegate_domain::flag::toggle::{AskedBy, Toggle, ToggleId};
use tidegate_domain::flag::{Profile, Wanted};
use tidegate_domain::foreign::{LONGEST_NAME, line};
use tidegate_domain::policy::{KillSwitch, Policy};
use tidegate_domain::units::Span;
use tidegate_engine::Answer;
use tidegate_engine::ports::Fault;
use tidegate_wire::aws::AlarmChanged;
use tidegate_wire::bus::FlagToggleRequested;
use tracing::warn;

use crate::{FeatureFlag, told};

/// A message that an alarm fired so long ago says nothing of now.
const TOO_OLD: Span = Span::hours(1);

const LONGEST_ID: usize = 128;

/// The toggle that somebody asks for, or what is wrong with the request.
pub(crate) fn by_person(
    event_id: &str,
    request: FlagToggleRequested,
    now: Timestamp,
) -> Result<Toggle, String> {
    let FlagToggleRequested {
        id,
        application,
        environment,
        profile,
        flag,
        variant,
        enabled,
        attributes,
        strategy,
        ship_pending,
        preempt,
        by,
        why,
    } = request;
    let named = [
        ("application", &application),
        ("environment", &environment),
        ("profile", &profile),
        ("flag", &flag),
        ("by", &by),
    ];
    let mut faults: Vec<String> = named
        .into_iter()
        .filter(|(_, value)| value.trim().is_empty())
        .map(|(member, _)| format!("detail.{member}: is empty"))
        .collect();
    let optional = [("variant", variant.as_ref()), ("strategy", strategy.as_ref())];
    let optional = optional.into_iter().filter_map(|(member, value)| Some((member, value?)));
    let is_name = |name: &str| name == line(name, LONGEST_NAME);
    faults.extend(named.into_iter().chain(optional).filter(|(_, value)| !is_name(value)).map(|(member, value)| {
        let shown = line(value, 40);
        format!("detail.{member}: {shown:?} is no name; at most {LONGEST_NAME} characters, none of them control characters")
    }));
    if enabled.is_none() && attributes.is_empty() {
        faults.push("detail.enabled: missing; write true or false, or attributes to set".to_owned());
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if let Some(ToggleId(id)) =
        id.as_ref().filter(|id| !(1..=LONGEST_ID).contains(&id.0.len()) || !id.0.chars().all(fits))
    {
        faults.push(format!(
            "detail.id: {id:?} is no name for a toggle; 1 to {LONGEST_ID} of a-z, A-Z, 0-9, -, _ and ."
        ));
    }
    if !faults.is_empty() {
        return Err(faults.join("\n"));
    }
    let id = id.unwrap_or_else(|| ToggleId(event_id.to_owned()));
    let profile = Profile { application, environment, profile };
    let wanted = Wanted { flag, variant, enabled, attributes };
    let toggle = Toggle::asked(id, profile, AskedBy::Person { by, why }, vec![wanted], now);
    Ok(Toggle { strategy, ship_pending, preempt, ..toggle })
}

/// What is wrong with a request whose id another toggle has; `None` where that is the one asked for: the same request again.
pub(crate) fn taken(held: &Toggle, asked: &Toggle) -> Option<String> {
    let same = held.profile == asked.profile && held.wanted == asked.wanted;
    (!same).then(|| {
        let Toggle { id, profile, .. } = held;
        format!("detail.id: {id} is another toggle of {profile} already; ask with an id of its own, or without one")
    })
}

fn by_alarm(alarm: &AlarmChanged, policy: &Policy, switch: &KillSwitch, now: Timestamp) -> Toggle {
    let KillSwitch { alarm: name, flag, variant, profile, preempt } = switch;
    let wanted = Wanted {
        flag: flag.clone(),
        variant: variant.clone(),
        enabled: Some(false),
        attributes: BTreeMap::new(),
    };
    let asked = AskedBy::Alarm {
        alarm: name.clone(),
        policy: policy.name.clone(),
        topic: policy.notify.topic.clone(),
    };
    let variant = variant.as_ref().map(|name| format!(".{name}")).unwrap_or_default();
    let id = ToggleId(format!("{}@{profile}:{flag}{variant}", alarm.event_id));
    let toggle = Toggle::asked(id, profile.clone(), asked, vec![wanted], now);
    Toggle { preempt: *preempt, ..toggle }
}

impl FeatureFlag {
    /// An alarm fires: every flag that a policy names with it is turned off. One that fails does not keep the others waiting.
    pub(crate) async fn alarm(&self, event: &AlarmChanged) -> Result<Answer, Fault> {
        let now = self.toggling.clock.now();
        let name = &event.alarm;
        if let Some(at) = event.at.filter(|at| TOO_OLD.after(*at) < now) {
            return Ok(Answer::Ignored(format!("alarm {name} fired at {at}, which is too long ago")));
        }
        let mut answer = Answer::Ignored(format!("no kill switch is named with alarm {name}"));
        let mut failed = None;
        for policy in self.policies(name).await? {
            for switch in policy.kill_switches.iter().filter(|switch| switch.alarm == *name) {
                match self.toggling.ask(by_alarm(event, &policy, switch, now)).await {
                    Ok(toggle) => answer = told(&toggle),
                    Err(fault) => failed = failed.or(Some(fault)),
                }
            }
        }
        failed.map_or(Ok(answer), Err)
    }

    /// The policies that have a kill switch for an alarm. One that cannot be read is the sweep of its own rollouts' trouble.
    async fn policies(&self, alarm: &str) -> Result<Vec<Policy>, Fault> {
        let store = &self.toggling.store;
        let mut policies = Vec::new();
        for name in store.kill_switches(alarm).await? {
            match store.policy(&name).await?.map(|record| record.policy()) {
                Some(Ok(policy)) => policies.push(policy),
                Some(Err(faults)) => warn!("policy {name} has a kill switch and cannot be read: {faults}"),
                None => {}
            }
        }
        Ok(policies)
    }
}
