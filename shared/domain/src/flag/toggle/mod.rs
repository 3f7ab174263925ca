//! A toggle: one document that says what is wanted of the flags of one profile, how far that is, and what was changed, so that
//! it can be put back. A rollout has one for each profile that it switches flags of; a kill switch and a person's request are
//! toggles of their own.

mod decide;
mod restoring;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Edit, Profile, Spot, Wanted};
use crate::effect::{EffectId, Outcome};
use crate::kept::Kept;
use crate::rollout::RolloutId;
use crate::units::Span;

pub use decide::{Carried, carried, decide};

/// What the description of everything begins with that Tidegate writes or starts in AppConfig.
pub const SIGNATURE: &str = "Tidegate ";

/// What the description of a version is that is what was in force, and is deployed by nobody.
pub const RESTORED: &str = "Tidegate restored";

/// A toggle that is not through after this time is told; it goes on trying.
pub const TOGGLE_TIME: Span = Span::minutes(30);

/// A toggle that nobody could bring through in this time is given up.
pub const GIVEN_UP_AFTER: Span = Span::hours(24);

/// The name of a toggle: the request's id, or the rollout and the profile.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema,
)]
#[serde(transparent)]
pub struct ToggleId(pub String);

impl ToggleId {
    /// The toggle of a rollout for one profile.
    pub fn of_rollout(rollout: &RolloutId, profile: &Profile) -> Self {
        Self(format!("{rollout}@{profile}"))
    }

    /// The toggle that a version or a deployment with this description is of.
    pub fn signed(description: &str) -> Option<Self> {
        let (id, _) = description.strip_prefix(SIGNATURE)?.rsplit_once(' ')?;
        Some(Self(id.to_owned()))
    }
}

impl fmt::Display for ToggleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who asked for a toggle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum AskedBy {
    /// A rollout, which tells people itself.
    Rollout {
        /// Which.
        rollout: RolloutId,
    },
    /// Somebody, as the caller states it.
    Person {
        /// Who.
        by: String,
        /// Why.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
    /// A kill switch of a policy: an alarm fired.
    Alarm {
        /// Which alarm.
        alarm: String,
        /// The policy that names it.
        policy: String,
        /// The topic that the policy names, where it names one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        topic: Option<String>,
    },
}

impl fmt::Display for AskedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rollout { rollout } => write!(f, "rollout {rollout}"),
            Self::Person { by, why: None } => f.write_str(by),
            Self::Person { by, why: Some(why) } => write!(f, "{by}: {why}"),
            Self::Alarm { alarm, policy, .. } => write!(f, "alarm {alarm}, by policy {policy}"),
        }
    }
}

/// Which way a toggle goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Goal {
    /// The flags become what is wanted.
    Set,
    /// What was changed goes back to what it was.
    Restore,
}

/// One toggle.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Toggle {
    /// Its name.
    pub id: ToggleId,
    /// Counts the commits.
    pub version: u64,
    /// Whose flags.
    pub profile: Profile,
    /// Who asked.
    pub asked: AskedBy,
    /// The rollout's effect that it is for now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<EffectId>,
    /// What is wanted now.
    pub wanted: Vec<Wanted>,
    /// The deployment strategy's name or id; at once where unset.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub strategy: Option<String>,
    /// Whether a newest version that somebody wrote and never deployed is shipped along.
    #[serde(default)]
    pub ship_pending: bool,
    /// Whether somebody else's deployment in the environment is stopped.
    #[serde(default)]
    pub preempt: bool,
    /// Which way it goes.
    pub goal: Goal,
    /// How far it is.
    pub stage: Stage,
    /// Everything that it changed, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edits: Vec<Edit>,
    /// The deployments that it started to set flags, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub started: Vec<u64>,
    /// The one deployment of all its changes, where taking it back leads exactly to what was in force before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revertible: Option<u64>,
    /// From when on it can be said that nothing is to be put back: by then whoever was about to start a deployment is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled_from: Option<Timestamp>,
    /// What happened, oldest first.
    pub log: Vec<Note>,
    /// What people are to be told and may not have been yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untold: Option<Box<Outcome>>,
    /// When people were last told that it is late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_late: Option<Timestamp>,
    /// When it was asked for.
    pub created: Timestamp,
    /// When the document last changed.
    pub updated: Timestamp,
    /// What its document says that this release does not know.
    #[serde(skip)]
    pub kept: Kept,
}

/// One thing that happened to a toggle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
}

/// How far a toggle is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "is")]
pub enum Stage {
    /// AppConfig is to be looked at, and then planned.
    Due {
        /// Since when it waits for this.
        since: Timestamp,
        /// How often it was looked at in vain.
        tries: u32,
        /// Not before this time, unless something happened there.
        not_before: Timestamp,
        /// What it waits for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        waits_for: Option<String>,
    },
    /// A plan is committed: it is performed by whoever comes next.
    Planned {
        /// What is to be done.
        act: Act,
    },
    /// Its deployment is under way.
    Deploying {
        /// The deployment's number.
        number: u64,
        /// Since when all clients get it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        served: Option<Timestamp>,
    },
    /// It is so.
    Done {
        /// Values that somebody else has changed since: they stay as they are.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        left: Vec<Spot>,
    },
    /// It was so, or was about to be, and AppConfig or somebody took it back; its rollout is to hear of it.
    Lost {
        /// Why.
        why: String,
    },
    /// It will not become so.
    Failed {
        /// Why.
        why: String,
    },
}

/// What a plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "do")]
pub enum Act {
    /// Writes a version and deploys it. The fences are those that were read before the decision.
    Deploy {
        /// The version whose text is changed.
        base: u64,
        /// What is changed in it.
        edits: Vec<Edit>,
        /// The newest version.
        after_version: Option<u64>,
        /// The environment's newest deployment.
        after_number: Option<u64>,
        /// Whether what is changed is what is in force.
        is_exact: bool,
    },
    /// Stops a deployment, or reverts one that is through.
    Stop {
        /// Its number.
        number: u64,
    },
    /// Writes what is in force as the newest version, and deploys nothing: people change the newest version, and the one that this
    /// toggle wrote has still what was taken back.
    Rewrite {
        /// The version in force.
        base: u64,
        /// The newest version.
        after_version: u64,
    },
}

/// How far a toggle is, for whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// Not there yet, and why.
    UnderWay(String),
    /// All clients get what is wanted.
    Served,
    /// What was changed is as it was, but for these values, which somebody else has changed since.
    Back(Vec<Spot>),
    /// It will not become so.
    Failed(String),
}

impl Toggle {
    /// A toggle that is to be done at once.
    pub fn asked(
        id: ToggleId,
        profile: Profile,
        asked: AskedBy,
        wanted: Vec<Wanted>,
        now: Timestamp,
    ) -> Self {
        let what = format!("asked for by {asked}");
        Self {
            id,
            version: 1,
            profile,
            asked,
            effect: None,
            wanted,
            strategy: None,
            ship_pending: false,
            preempt: false,
            goal: Goal::Set,
            stage: due(now),
            edits: Vec::new(),
            started: Vec::new(),
            revertible: None,
            settled_from: None,
            log: vec![Note { at: now, what }],
            untold: None,
            told_late: None,
            created: now,
            updated: now,
            kept: Kept::default(),
        }
    }

    /// A toggle that changed nothing and never will.
    pub fn nothing(id: ToggleId, profile: Profile, rollout: RolloutId, now: Timestamp) -> Self {
        let stage = Stage::Done { left: Vec::new() };
        let asked = AskedBy::Rollout { rollout };
        Self { goal: Goal::Restore, stage, ..Self::asked(id, profile, asked, Vec::new(), now) }
    }

    /// Whether what it deploys is over in seconds.
    pub fn deploys_at_once(&self) -> bool {
        self.strategy.is_none() || self.goal == Goal::Restore
    }

    /// The version that must still be in force when an act of this toggle is performed. A draft never was; what goes back was.
    pub fn must_be_in_force(&self, act: &Act) -> Option<u64> {
        match act {
            Act::Deploy { base, is_exact, .. } => (*is_exact || self.goal == Goal::Restore).then_some(*base),
            Act::Stop { .. } | Act::Rewrite { .. } => None,
        }
    }

    /// Whether the sweep has to look at it.
    pub fn is_live(&self) -> bool {
        !matches!(self.stage, Stage::Done { .. } | Stage::Failed { .. }) || self.untold.is_some()
    }

    /// What the version and the deployment of the plan committed with this version of the toggle are called.
    pub fn signature(&self) -> String {
        format!("{SIGNATURE}{} {}", self.id, self.version)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        match (&self.stage, self.goal) {
            (Stage::Done { left }, Goal::Restore) => Progress::Back(left.clone()),
            (Stage::Done { .. } | Stage::Deploying { served: Some(_), .. }, Goal::Set) => Progress::Served,
            (Stage::Failed { why } | Stage::Lost { why }, _) => Progress::Failed(why.clone()),
            (Stage::Due { waits_for: Some(what), .. }, _) => Progress::UnderWay(format!("waits for {what}")),
            (Stage::Deploying { number, .. }, _) => {
                Progress::UnderWay(format!("AppConfig deployment {number} is under way"))
            }
            (Stage::Due { .. } | Stage::Planned { .. }, _) => Progress::UnderWay("under way".to_owned()),
        }
    }
}

/// To be looked at from now on.
fn due(now: Timestamp) -> Stage {
    Stage::Due { since: now, tries: 0, not_before: now, waits_for: None }
}
