//! What goes wrong: by chance, and aimed at one call of one function.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;

use crate::scenario::Share;

/// Declares each port call with the name that scenarios, reports and faults give it.
macro_rules! calls {
    ($($(#[doc = $doc:literal])+ $variant:ident => $name:literal),+ $(,)?) => {
        /// A call of a port, by which faults are aimed and calls are counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum Call {
            $($(#[doc = $doc])+ #[serde(rename = $name)] $variant),+
        }

        impl Call {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }
    };
}

calls! {
    /// `Store::load`.
    Load => "store.load",
    /// `Store::commit`.
    Commit => "store.commit",
    /// `Store::listed`.
    Listed => "store.listed",
    /// `Store::ended`.
    Ended => "store.ended",
    /// `Store::lock_holder`.
    LockHolder => "store.lockHolder",
    /// `Store::watching`.
    Watching => "store.watching",
    /// `Store::put_ticks`.
    PutTicks => "store.putTicks",
    /// `Store::ticks`.
    Ticks => "store.ticks",
    /// `Store::snapshot`.
    Snapshot => "store.snapshot",
    /// `Store::timeline`.
    Timeline => "store.timeline",
    /// `Store::claim`.
    Claim => "store.claim",
    /// `Store::sent`.
    Sent => "store.sent",
    /// `Store::quarantine`.
    Quarantine => "store.quarantine",
    /// `Store::quarantined`.
    Quarantined => "store.quarantined",
    /// `Store::policy`.
    Policy => "store.policy",
    /// `Store::put_policy`.
    PutPolicy => "store.putPolicy",
    /// `Store::guard_of`.
    GuardOf => "store.guardOf",
    /// `Store::filed`.
    Filed => "store.filed",
    /// `Store::pass_over`.
    PassOver => "store.passOver",
    /// `Store::ask`.
    Ask => "store.ask",
    /// `Store::asked`.
    Asked => "store.asked",
    /// `Store::answered`.
    Answered => "store.answered",
    /// `TrafficRouter::observe`.
    Observe => "router.observe",
    /// `TrafficRouter::examine`.
    Examine => "router.examine",
    /// `TrafficRouter::route`.
    Route => "router.route",
    /// `Metrics::read`.
    Read => "metrics.read",
    /// `Alarms::firing`.
    Firing => "alarms.firing",
    /// `Functions::tagged`.
    Tagged => "functions.tagged",
    /// `Functions::version_with_code`.
    VersionWithCode => "functions.versionWithCode",
    /// `Deployments::standing`.
    Standing => "deployments.standing",
    /// `Deployments::get`.
    GetDeployment => "deployments.get",
    /// `Deployments::group`.
    DeploymentGroup => "deployments.group",
    /// `Deployments::under_way`.
    UnderWay => "deployments.underWay",
    /// `Deployments::under_way_in`.
    UnderWayIn => "deployments.underWayIn",
    /// `Deployments::find`.
    FindDeployment => "deployments.find",
    /// `Deployments::start`.
    StartDeployment => "deployments.start",
    /// `Deployments::go_on`.
    GoOn => "deployments.goOn",
    /// `Deployments::stop`.
    StopDeployment => "deployments.stop",
    /// `Deployments::answer_hook`.
    AnswerHook => "deployments.answerHook",
    /// `Deployments::tagged`.
    DeploymentTagged => "deployments.tagged",
    /// `Probe::invoke`.
    Invoke => "probe.invoke",
    /// `Probe::http`.
    Http => "probe.http",
    /// `Store::toggle`.
    Toggle => "store.toggle",
    /// `Store::commit_toggle`.
    CommitToggle => "store.commitToggle",
    /// `Store::kill_switches`.
    KillSwitches => "store.killSwitches",
    /// `Store::flag_guard`.
    FlagGuard => "store.flagGuard",
    /// `Store::put_flag_guard`.
    PutFlagGuard => "store.putFlagGuard",
    /// `Store::freeze_switch`.
    FreezeSwitch => "store.freezeSwitch",
    /// `Store::put_freeze_switch`.
    PutFreezeSwitch => "store.putFreezeSwitch",
    /// `Flags::find`.
    FindFlags => "flags.find",
    /// `Flags::deployments`.
    FlagDeployments => "flags.deployments",
    /// `Flags::deployment`.
    FlagDeployment => "flags.deployment",
    /// `Flags::latest`.
    LatestFlags => "flags.latest",
    /// `Flags::content`.
    FlagContent => "flags.content",
    /// `Flags::write`.
    WriteFlags => "flags.write",
    /// `Flags::start`.
    StartFlags => "flags.start",
    /// `Flags::stop`.
    StopFlags => "flags.stop",
    /// `Bus::publish`.
    Publish => "bus.publish",
    /// `Notifier::send`.
    Send => "notifier.send",
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What is done to a call. In a scenario: `kill before`, `kill after`, `throttle`, `time out`, `deny`, `sleep 45s`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Harm {
    /// The invocation dies before the call has an effect.
    KillBefore,
    /// The invocation dies after the effect, before it learns of it.
    KillAfter,
    /// The call is refused for the moment.
    Throttle,
    /// The effect takes place, and the caller is told that it timed out.
    TimeOut,
    /// The call is refused until somebody changes a policy.
    Deny,
    /// The invocation stands still before the call, and then goes on with it.
    Sleep(Span),
}

/// Words that name no harm.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} can be done to no call; known: kill before, kill after, throttle, time out, deny, sleep 45s")]
pub struct NotAHarm(String);

impl FromStr for Harm {
    type Err = NotAHarm;
    fn from_str(text: &str) -> Result<Self, NotAHarm> {
        match text {
            "kill before" => Ok(Self::KillBefore),
            "kill after" => Ok(Self::KillAfter),
            "throttle" => Ok(Self::Throttle),
            "time out" => Ok(Self::TimeOut),
            "deny" => Ok(Self::Deny),
            other => {
                let span = other.strip_prefix("sleep ").and_then(|span| span.parse().ok());
                span.map(Self::Sleep).ok_or_else(|| NotAHarm(text.to_owned()))
            }
        }
    }
}

impl TryFrom<String> for Harm {
    type Error = NotAHarm;
    fn try_from(text: String) -> Result<Self, NotAHarm> {
        text.parse()
    }
}

impl From<Harm> for String {
    fn from(harm: Harm) -> Self {
        harm.to_string()
    }
}

impl fmt::Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KillBefore => f.write_str("kill before"),
            Self::KillAfter => f.write_str("kill after"),
            Self::Throttle => f.write_str("throttle"),
            Self::TimeOut => f.write_str("time out"),
            Self::Deny => f.write_str("deny"),
            Self::Sleep(span) => write!(f, "sleep {span}"),
        }
    }
}

/// A fault aimed at calls: at the `nth` one that fits, or at every one for a while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Aim {
    /// Which function's calls; any function's where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub function: Option<Owner>,
    /// Which call; any where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call: Option<Call>,
    /// Which of the calls that fit, counted from 1 from the moment of aiming.
    #[serde(default = "first")]
    pub nth: u64,
    /// Every call that fits from the nth on is hit, for this long.
    #[serde(default, rename = "for", skip_serializing_if = "Option::is_none")]
    pub lasts: Option<Span>,
    /// What is done.
    pub does: Harm,
}

const fn first() -> u64 {
    1
}

/// What goes wrong by chance. All of it is off unless stated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Chances {
    /// A call kills its invocation, as often before its effect as after it.
    pub kill: Share,
    /// An invocation stands still before a call, for up to the longest function timeout.
    pub sleep: Share,
    /// A call is refused for the moment.
    pub throttle: Share,
    /// A call takes effect and is told to have timed out.
    pub time_out: Share,
    /// A call is refused for good.
    pub deny: Share,
    /// A message comes a second time.
    pub duplicates: Share,
    /// A message comes late, by up to `late_by`.
    pub late: Share,
    /// How late the late ones are at most.
    pub late_by: Span,
    /// A message on the bus never comes. Real buses deliver at least once; events of AWS services are best effort.
    pub lost: Share,
    /// CodeDeploy says nothing of what a deployment came to.
    pub no_deployment_events: Share,
    /// AppConfig says nothing of what a deployment came to.
    pub no_flag_events: Share,
    /// The index of live rollouts lags behind the documents by up to this long.
    pub stale_index: Span,
}

impl Default for Chances {
    fn default() -> Self {
        let none = Share::NONE;
        Self {
            kill: none,
            sleep: none,
            throttle: none,
            time_out: none,
            deny: none,
            duplicates: none,
            late: none,
            late_by: Span::minutes(3),
            lost: none,
            no_deployment_events: none,
            no_flag_events: none,
            stale_index: Span::ZERO,
        }
    }
}

/// The faults of a cloud as they stand.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Faults {
    pub chances: Chances,
    aims: Vec<Aimed>,
}

#[derive(Debug, Serialize, Deserialize)]
struct Aimed {
    aim: Aim,
    since: Timestamp,
    seen: u64,
}

impl Faults {
    /// Faults by chance alone.
    pub fn by_chance(chances: Chances) -> Self {
        Self { chances, aims: Vec::new() }
    }

    /// Takes aim from now on.
    pub fn aim(&mut self, aim: Aim, now: Timestamp) {
        self.aims.push(Aimed { aim, since: now, seen: 0 });
    }

    /// What is aimed at this call, if anything is. Every aim that fits counts it; the first that hits has it.
    pub fn hit(&mut self, function: Owner, call: Call, now: Timestamp) -> Option<Harm> {
        let mut hit = None;
        self.aims.retain(|aimed| aimed.aim.lasts.is_none_or(|span| now < span.after(aimed.since)));
        for aimed in &mut self.aims {
            let Aim { function: whose, call: which, nth, lasts, does } = &aimed.aim;
            if whose.is_none_or(|owner| owner == function) && which.is_none_or(|known| known == call) {
                aimed.seen += 1;
                let hits = aimed.seen == *nth || (lasts.is_some() && aimed.seen > *nth);
                hit = hit.or(hits.then_some(*does));
            }
        }
        self.aims.retain(|aimed| aimed.aim.lasts.is_some() || aimed.seen < aimed.aim.nth);
        hit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hits(aim: &Aim, calls: usize) -> Vec<bool> {
        let mut faults = Faults::default();
        let now = Timestamp::UNIX_EPOCH;
        faults.aim(aim.clone(), now);
        (0..calls).map(|_| faults.hit(Owner::Rollback, Call::Route, now).is_some()).collect()
    }

    #[test]
    fn an_aim_hits_the_nth_call_once_and_with_a_span_every_call_from_there() {
        let aim = Aim { function: None, call: Some(Call::Route), nth: 2, lasts: None, does: Harm::Deny };
        assert_eq!(hits(&aim, 4), [false, true, false, false]);
        assert_eq!(hits(&Aim { lasts: Some(Span::minutes(1)), ..aim.clone() }, 4), [false, true, true, true]);
        assert_eq!(hits(&Aim { function: Some(Owner::Notify), ..aim }, 4), [false; 4]);
    }

    #[test]
    fn a_harm_reads_as_it_is_written() {
        for text in ["kill before", "kill after", "throttle", "time out", "deny", "sleep 45s"] {
            assert_eq!(text.parse::<Harm>().unwrap().to_string(), text);
        }
        let refused = "sleep".parse::<Harm>().unwrap_err().to_string();
        assert!(refused.contains("known: kill before"), "{refused}");
    }
}
