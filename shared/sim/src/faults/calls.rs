//! The calls of the ports, by which faults are aimed.

use std::fmt;

use serde::{Deserialize, Serialize};

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
