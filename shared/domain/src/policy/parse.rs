//! From what people write to a [`Policy`], or to everything that is wrong with it.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::Error as NameError;
use serde_json::Value;
use serde_saphyr::UserMessageFormatter;

use super::analysis::analysis;
use super::checks::checks;
use super::faults::Place;
use super::flags::{flags, kill_switches};
use super::lenient::{Lenient, in_words};
use super::raw::{RawNotify, RawPolicy, RawStrategy, RawTarget};
use super::strategy::strategy;
use super::values::Duration;
use super::{Analysis, Fault, Faults, Mode, Notify, OutcomeKind, Policy, Severity, Step, Strategy, defaults};
use crate::target::{Target, kinds};
use crate::units::Span;

impl Policy {
    /// Reads a policy from YAML, of which JSON is a part.
    ///
    /// ```
    /// use tidegate_domain::policy::Policy;
    ///
    /// let policy = Policy::from_yaml("
    /// version: 1
    /// name: checkout
    /// strategy:
    ///   steps:
    ///     - setWeight: 5
    ///     - bake: 10m
    ///     - setWeight: 50
    ///     - bake: 10m
    /// ")?;
    /// assert_eq!(policy.strategy.steps.len(), 2);
    ///
    /// let faults = Policy::from_yaml("
    /// version: 1
    /// name: Checkout
    /// strategy: Canary
    /// ").unwrap_err();
    /// assert_eq!(faults.0.len(), 2, "every fault is reported at once");
    /// # Ok::<(), tidegate_domain::policy::Faults>(())
    /// ```
    pub fn from_yaml(text: &str) -> Result<Self, Faults> {
        Self::from_json(&json_of(text)?)
    }

    /// Reads a policy from JSON, such as the `detail.policy` of an event.
    pub fn from_json(value: &Value) -> Result<Self, Faults> {
        let faults = RefCell::default();
        let policy = policy(&Place::root(&faults), value);
        match (policy, faults.into_inner()) {
            (Some(policy), faults) if faults.is_empty() => Ok(policy),
            (_, faults) => {
                debug_assert!(!faults.is_empty(), "a policy was refused without a word");
                Err(Faults::told(faults))
            }
        }
    }
}

/// The JSON of a YAML text: what a request carries, and what a function reads without a YAML reader of its own.
pub fn json_of(text: &str) -> Result<Value, Faults> {
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    // 5_0 is a slip of the hand and not 50.
    options.underscored_numbers_as_strings = true;
    options.with_snippet = false;
    serde_saphyr::from_str_with_options(text, options).map_err(|error| not_yaml(&error))
}

fn not_yaml(error: &serde_saphyr::Error) -> Faults {
    let problem = error.render_with_formatter(&UserMessageFormatter);
    let path =
        error.location().map(|at| format!("line {}, column {}", at.line(), at.column())).unwrap_or_default();
    let problem = problem.strip_suffix(&format!(" at {path}")).unwrap_or(&problem);
    Faults(vec![Fault::new(&path, problem)])
}

fn policy(at: &Place, value: &Value) -> Option<Policy> {
    let raw =
        Lenient::<RawPolicy>::deserialize(value).unwrap_or_else(|error| Lenient::Wrong(error.to_string()));
    let raw = at.optional(raw)?;
    at.no_such_fields::<RawPolicy>(&raw.unknown);
    version(&at.field("version"), raw.version);
    let name = name(&at.field("name"), raw.name);
    let mode = mode(&at.field("mode"), raw.mode);
    let target = target(&at.field("target"), raw.target);
    let strategy = steps(&at.field("strategy"), raw.strategy, mode, target.as_ref());
    let strategy = strategy.filter(|_| at.field("strategy").is_clean());
    let analysis_at = at.field("analysis");
    let analysis = analysis(&analysis_at, analysis_at.optional(raw.analysis).unwrap_or_default());
    let analysis = analysis.and_then(|analysis| judged(&analysis_at, analysis, strategy.as_ref()));
    let checks = checks(&at.field("checks"), raw.checks, target.as_ref());
    let flags = flags(&at.field("flags"), raw.flags, mode, strategy.as_ref());
    let kill_switches = kill_switches(&at.field("killSwitches"), raw.kill_switches);
    let notify = notify(&at.field("notify"), raw.notify);
    let deadline = deadline(&at.field("deadline"), raw.deadline, mode, strategy.as_ref());
    Some(Policy {
        name: name?,
        mode: mode?,
        target,
        strategy: strategy?,
        analysis: analysis?,
        checks,
        flags,
        kill_switches,
        notify,
        deadline: deadline?,
    })
}

fn version(at: &Place, raw: Lenient<u64>) -> Option<()> {
    match at.required(raw, "version: 1")? {
        1 => Some(()),
        other => at.fault(format!("{other} is not known; this Tidegate reads version 1")),
    }
}

fn mode(at: &Place, raw: Lenient<Mode>) -> Option<Mode> {
    if raw.is_absent() { Some(defaults::MODE) } else { at.optional(raw) }
}

fn name(at: &Place, raw: Lenient<String>) -> Option<String> {
    let name = at.required(raw, "name: checkout")?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if !(1..=64).contains(&name.len()) || !name.chars().all(fits) {
        return at.fault(format!("{name:?} is no name for a policy; 1 to 64 of a-z, 0-9 and -"));
    }
    Some(name)
}

fn target(at: &Place, raw: Lenient<RawTarget>) -> Option<Target> {
    let raw = at.optional(raw)?;
    let count = raw.len();
    let targets: Vec<_> = raw.into_iter().map(|(kind, settings)| of_kind(at, kind, settings)).collect();
    if count != 1 {
        return at
            .fault(format!("a target is exactly one kind with its settings; known: {}", kinds::known()));
    }
    targets.into_iter().next()?
}

fn of_kind(at: &Place, kind: String, settings: Lenient<BTreeMap<String, Lenient<String>>>) -> Option<Target> {
    let settings_at = at.field(&kind);
    let settings = settings_at.optional(settings)?.into_iter();
    let settings = settings.filter_map(|(name, value)| {
        let value = settings_at.field(&name).optional(value)?;
        Some((name, value))
    });
    let target = Target::new(kind, settings.collect());
    for (path, problem) in kinds::faults(&target) {
        let place = if path.is_empty() { at.clone() } else { at.field(&path) };
        // A setting of the wrong type was left out above; that it is missing now would only echo that.
        if path.is_empty() || place.is_clean() {
            place.fault::<()>(problem);
        }
    }
    Some(target)
}

/// The strategy, which has to be stated where Tidegate moves the traffic: CodeDeploy's groups have one of their own. The mode is
/// `None` where it is at fault itself.
fn steps(
    at: &Place,
    raw: Lenient<RawStrategy>,
    mode: Option<Mode>,
    target: Option<&Target>,
) -> Option<Strategy> {
    let by_group = target.is_some_and(|target| target.kind() == kinds::code_deploy::KIND.name);
    let required = mode == Some(Mode::Drive) && !by_group;
    if raw.is_absent() && !required {
        return Some(Strategy { steps: Vec::new(), is_open: true, watch: defaults::WATCH });
    }
    strategy(at, at.required(raw, "strategy: Canary10Percent5Minutes, or with steps of your own")?, required)
}

fn notify(at: &Place, raw: Lenient<RawNotify>) -> Notify {
    let raw = at.optional(raw).unwrap_or_default();
    at.no_such_fields::<RawNotify>(&raw.unknown);
    let topic = match raw.topic {
        Lenient::Absent => None,
        stated => topic(&at.field("topic"), stated),
    };
    Notify { topic, severities: severities(&at.field("severities"), raw.severities) }
}

/// A topic by its name or by its ARN. FIFO topics take messages with a group only, and hand none on to people.
fn topic(at: &Place, raw: Lenient<String>) -> Option<String> {
    let topic = at.text(raw, "topic: on-call", defaults::LONGEST_TOPIC)?;
    let name = match topic.split(':').collect::<Vec<_>>()[..] {
        [name] => Some(name),
        ["arn", partition, "sns", region, account, name] => {
            let of = |text: &str, fits: fn(u8) -> bool| text.bytes().all(|byte| fits(byte) || byte == b'-');
            let partition =
                partition.strip_prefix("aws").is_some_and(|rest| of(rest, |b| b.is_ascii_lowercase()));
            let region = !region.is_empty() && of(region, |b| b.is_ascii_lowercase() || b.is_ascii_digit());
            let account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
            (partition && region && account).then_some(name)
        }
        _ => None,
    };
    if name.and_then(|name| name.strip_suffix(".fifo")).is_some() {
        return at.fault(format!("{topic:?} is a FIFO topic, which reaches no e-mail; name a standard one"));
    }
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if !name.is_some_and(|name| (1..=256).contains(&name.len()) && name.chars().all(fits)) {
        return at.fault(format!(
            "{topic:?} is no SNS topic; a name of 1 to 256 of a-z, A-Z, 0-9, - and _, like on-call, or an ARN, like \
             arn:aws:sns:eu-west-1:123456789012:on-call"
        ));
    }
    Some(topic)
}

fn severities(
    at: &Place,
    raw: Lenient<BTreeMap<String, Lenient<Severity>>>,
) -> BTreeMap<OutcomeKind, Severity> {
    let severity = |(name, severity): (String, Lenient<Severity>)| {
        let at = at.field(&name);
        let severity = at.optional(severity);
        match OutcomeKind::deserialize(name.into_deserializer()) {
            Ok(outcome) => Some((outcome, severity?)),
            Err::<_, NameError>(error) => at.fault(in_words(&error.to_string())),
        }
    };
    at.optional(raw).unwrap_or_default().into_iter().filter_map(severity).collect()
}

/// An analysis that leaves something of each step to judge.
fn judged(at: &Place, analysis: Analysis, strategy: Option<&Strategy>) -> Option<Analysis> {
    let Some(Strategy { steps, watch, .. }) = strategy.filter(|_| analysis.warm_up > Span::ZERO) else {
        return Some(analysis);
    };
    let (at, warm_up) = (at.field("warmUp"), analysis.warm_up);
    if let Some(Step { weight, bake, .. }) = steps.iter().find(|step| step.bake <= warm_up) {
        at.fault::<()>(format!(
            "{warm_up} leaves nothing to judge of the step of {weight}, which bakes for {bake}"
        ));
    }
    if *watch > Span::ZERO && *watch <= warm_up {
        at.fault::<()>(format!(
            "{warm_up} leaves nothing to look at of the watch, which is {watch}; watch for longer, or write watch: 0m"
        ));
    }
    at.is_clean().then_some(analysis)
}

fn deadline(
    at: &Place,
    raw: Lenient<Duration>,
    mode: Option<Mode>,
    strategy: Option<&Strategy>,
) -> Option<Span> {
    let stated = at.optional(raw);
    let shortest = defaults::shortest(strategy?);
    match stated {
        Some(Duration(stated)) if stated < shortest => at.fault(format!(
            "{stated} is too short; the bakes, timed pauses and the watch alone take {shortest}"
        )),
        Some(Duration(stated)) => Some(stated),
        None => Some(defaults::deadline(mode?, strategy?)),
    }
}
