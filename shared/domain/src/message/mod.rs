//! Messages for people, rendered from an outcome alone: what happened, to what, why with numbers, what Tidegate did, and what
//! to do next with the command to type.

mod outcomes;

use jiff::Timestamp;

use crate::effect::{About, Outcome, Owner};
use crate::flag::FlagGuard;
use crate::flag::toggle::{AskedBy, Toggle};
use crate::foreign::{LONGEST_WORDS, words};
use crate::policy::{OutcomeKind, Severity};
use crate::reason::{FlagReason, Reason};
use crate::rollout::{Rollout, RolloutId};
use crate::target::kinds;
use crate::verdict::{Cause, Finding, HoldCause};

/// A message in every form that subscribers take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// One line of printable ASCII, under 100 characters: SNS takes no other.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// SNS takes subjects of fewer characters than this.
const SUBJECT_LIMIT: usize = 100;

impl Outcome {
    /// The outcome of a rollout as it stands: with its reason and its version, so that the same change always has the same id.
    pub fn of(rollout: &Rollout, kind: OutcomeKind) -> Self {
        let notify = &rollout.policy.notify;
        Self {
            outcome_id: format!("{}@{}", rollout.id, rollout.version),
            kind,
            severity: notify.severities.get(&kind).copied().unwrap_or_else(|| kind.severity()),
            about: About::Rollout {
                id: rollout.id.clone(),
                target: rollout.target.clone(),
                candidate: rollout.candidate.clone(),
                stable: rollout.stable.clone(),
                adopted: rollout
                    .mover
                    .code_deploy()
                    .filter(|_| rollout.is_adopted())
                    .and_then(|m| m.id.clone()),
            },
            reason: rollout.reason.clone(),
            at: rollout.updated,
            topic: notify.topic.clone(),
        }
    }

    /// An event of ours could not be read and lies in the quarantine.
    pub fn quarantined(received_by: Owner, letter: &str, problem: &str, at: Timestamp) -> Self {
        let kind = OutcomeKind::Quarantined;
        Self {
            outcome_id: format!("quarantine@{letter}"),
            kind,
            severity: kind.severity(),
            about: About::Event { received_by, letter: letter.to_owned() },
            reason: Reason::Unreadable(problem.to_owned()),
            at,
            topic: None,
        }
    }

    /// What came of a toggle of flags that no rollout asked for.
    pub fn of_toggle(toggle: &Toggle, kind: OutcomeKind, told: &str) -> Self {
        let topic = match &toggle.asked {
            AskedBy::Alarm { topic, .. } => topic.clone(),
            AskedBy::Rollout { .. } | AskedBy::Person { .. } => None,
        };
        // On-call is to know that a kill switch worked.
        let severity = match (&toggle.asked, kind.severity()) {
            (AskedBy::Alarm { .. }, Severity::Info) => Severity::Critical,
            (_, severity) => severity,
        };
        let about = About::Flags { id: toggle.id.0.clone(), profile: toggle.profile.to_string() };
        let outcome_id = format!("{}@{}", toggle.id, toggle.version);
        Self {
            outcome_id,
            kind,
            severity,
            about,
            reason: Reason::Flags(FlagReason::Told(words(told, LONGEST_WORDS))),
            at: toggle.updated,
            topic,
        }
    }

    /// A deployment of flags that somebody else started was taken back.
    pub fn of_guard(guard: &FlagGuard, cause: &Cause) -> Self {
        let kind = OutcomeKind::FlagsRolledBack;
        let notify = &guard.policy.notify;
        Self {
            outcome_id: format!("flags@{}", guard.id),
            kind,
            severity: notify.severities.get(&kind).copied().unwrap_or_else(|| kind.severity()),
            about: About::Flags { id: guard.id.clone(), profile: guard.deployment.clone() },
            reason: Reason::Flags(FlagReason::Told(cause.to_string())),
            at: guard.judged.unwrap_or(guard.since),
            topic: notify.topic.clone(),
        }
    }

    /// The rollout it is about, where it is about one.
    pub fn rollout(&self) -> Option<&RolloutId> {
        match &self.about {
            About::Rollout { id, .. } => Some(id),
            About::Flags { .. } | About::Event { .. } => None,
        }
    }

    /// What it is about, in one word for people and filters: the target, or the function that received an event.
    pub fn target(&self) -> String {
        match &self.about {
            About::Rollout { target, .. } => target.to_string(),
            About::Flags { profile, .. } => profile.clone(),
            About::Event { received_by, .. } => received_by.to_string(),
        }
    }

    fn is_adopted(&self) -> bool {
        matches!(&self.about, About::Rollout { adopted: Some(_), .. })
    }

    fn stable(&self) -> String {
        match &self.about {
            About::Rollout { stable: Some(stable), .. } => format!("version {stable}"),
            About::Rollout { stable: None, .. } | About::Flags { .. } | About::Event { .. } => {
                "its stable version".to_owned()
            }
        }
    }

    /// The message that people get.
    pub fn message(&self) -> Message {
        let text = format!(
            "{headline}\n\n{about}Why:       {reason}\nDone:      {done}\nNext:      {next}\n\nOutcome {id}, {at}\n",
            headline = quoted(&self.headline()),
            about = self.about_lines(),
            reason = quoted(&self.why()),
            done = quoted(&self.done()),
            next = quoted(&self.next_step()),
            id = quoted(&self.outcome_id),
            at = self.at,
        );
        Message { subject: self.subject(), text }
    }

    fn headline(&self) -> String {
        match &self.about {
            About::Rollout { target, candidate, .. } => {
                format!("{target} version {candidate} {}", self.kind.verb())
            }
            About::Flags { profile, .. } => format!("flags of {profile} {}", self.kind.verb()),
            About::Event { received_by, .. } => format!("{received_by} {}", self.kind.verb()),
        }
    }

    /// That the traffic is back is said under what was done.
    fn why(&self) -> String {
        match &self.reason {
            Reason::BackOnStable(cause) | Reason::Flags(FlagReason::BackWithTraffic { cause, .. }) => {
                cause.to_string()
            }
            reason => reason.to_string(),
        }
    }

    /// What Tidegate did.
    fn done(&self) -> String {
        let done = match &self.about {
            About::Rollout { target, .. }
                if self.kind == OutcomeKind::RolledBack && target.kind() == kinds::code_deploy::KIND.name =>
            {
                "the former revision is back on all instances, as CodeDeploy says of this deployment"
            }
            About::Rollout { .. } | About::Flags { .. } | About::Event { .. } => self.kind.done(),
        };
        match &self.reason {
            Reason::Flags(FlagReason::BackWithTraffic { flags, .. }) => format!("{done}; {flags}"),
            Reason::Flags(FlagReason::NotBack { .. }) => {
                "the flags are tried again every minute; until then clients may get them".to_owned()
            }
            _ => done.to_owned(),
        }
    }

    fn about_lines(&self) -> String {
        match &self.about {
            About::Rollout { id, target, candidate, stable, adopted } => {
                let against = stable.as_ref().map(|stable| format!(" (stable {stable})")).unwrap_or_default();
                let deployment = adopted
                    .as_ref()
                    .map(|id| format!("Deployed:  CodeDeploy {}\n", quoted(&id.0)))
                    .unwrap_or_default();
                let candidate = quoted(&format!("{candidate}{against}"));
                format!(
                    "Target:    {}\nCandidate: {candidate}\nRollout:   {}\n{deployment}",
                    quoted(&target.to_string()),
                    quoted(&id.0)
                )
            }
            About::Flags { id, profile } => {
                format!("Flags:     {}\nToggle:    {}\n", quoted(profile), quoted(id))
            }
            About::Event { letter, .. } => format!("Event:     {}\n", quoted(letter)),
        }
    }

    fn subject(&self) -> String {
        let ascii = |c: char| if c.is_ascii_graphic() || c == ' ' { c } else { '?' };
        let whole = format!("[{}] {}", self.severity.name(), self.headline());
        whole.chars().map(ascii).take(SUBJECT_LIMIT - 1).collect()
    }

    fn next_step(&self) -> String {
        let id = self.rollout().map(ToString::to_string).unwrap_or_default();
        match self.kind {
            OutcomeKind::Succeeded
            | OutcomeKind::Superseded
            | OutcomeKind::FlagsSet
            | OutcomeKind::FlagsRolledBack => "nothing".to_owned(),
            OutcomeKind::RolledBack if self.is_adopted() => {
                "fix the candidate and deploy it once more".to_owned()
            }
            OutcomeKind::Refused if self.is_adopted() => match &self.reason {
                Reason::PreflightFailed(_) => {
                    "look at the deployment: it goes on, and Tidegate does not judge it".to_owned()
                }
                _ => "look at the deployment; Tidegate has let go of it".to_owned(),
            },
            OutcomeKind::Refused => after_refusal(&self.reason, &id),
            OutcomeKind::RolledBack => {
                format!("fix the candidate and deploy it; to try this one again: tidegate retry {id}")
            }
            OutcomeKind::TakenOver => {
                format!("check who changed {}; Tidegate has let go of it", self.target())
            }
            OutcomeKind::Paused if self.is_adopted() && is_frozen(&self.reason) => "lift the freeze within the hour that CodeDeploy waits: tidegate freeze off; after it the deployment fails"
                .to_owned(),
            OutcomeKind::Paused => format!("look: tidegate get {id}; {}", after_pause(&self.reason, &id)),
            OutcomeKind::Stuck if matches!(self.reason, Reason::Flags(FlagReason::NotBack { .. })) => {
                format!("look: tidegate get {id}; put its flags back by hand, Tidegate will see it")
            }
            OutcomeKind::FlagsRefused => "mend what is named above and ask again: tidegate flag".to_owned(),
            OutcomeKind::FlagsStuck => {
                "look at the deployments of this environment; Tidegate keeps trying for a day".to_owned()
            }
            OutcomeKind::Stuck => {
                format!(
                    "route {} to {} by hand; Tidegate keeps trying and will see it",
                    self.target(),
                    self.stable()
                )
            }
            OutcomeKind::Quarantined => {
                "mend what sent the event; it is kept as it came: tidegate quarantine --output json"
                    .to_owned()
            }
        }
    }
}

/// What stands for a line break in what others said, so that none of it begins a line of the message.
const INDENT: &str = "\n           ";

/// By these whoever hands the text on to a chat would call people.
const CALLS: [(&str, &str); 6] = [
    ("<!", "< !"),
    ("<@", "< @"),
    ("<#", "< #"),
    ("@everyone", "@ everyone"),
    ("@here", "@ here"),
    ("@channel", "@ channel"),
];

/// What others may have said, as a message has it: text that makes no line of its own and calls nobody.
fn quoted(text: &str) -> String {
    let text = words(text, LONGEST_WORDS).replace('\n', INDENT);
    CALLS.iter().fold(text, |text, (call, harmless)| text.replace(call, harmless))
}

/// What helps depends on what was found: a version that is live already needs nothing.
fn after_refusal(reason: &Reason, id: &str) -> String {
    let Reason::PreflightFailed(findings) = reason else {
        return format!("nothing; to start it after all: tidegate retry {id}");
    };
    let found = |what: fn(&Finding) -> bool| findings.iter().any(what);
    if found(|finding| matches!(finding, Finding::AlreadyLive | Finding::UnderWay(_))) {
        "nothing: it is there, or on its way".to_owned()
    } else if found(|finding| matches!(finding, Finding::NewerLive(_) | Finding::NewerUnderWay { .. })) {
        format!(
            "nothing, unless the older version is wanted; then, once the newer one is over: tidegate retry {id}"
        )
    } else if found(|finding| matches!(finding, Finding::AlarmFiring(_))) {
        format!(
            "quiet the alarm, then: tidegate retry {id}; or if this is its fix: tidegate retry {id} --fix-forward"
        )
    } else {
        format!("mend what is named above, then: tidegate retry {id}")
    }
}

const fn is_frozen(reason: &Reason) -> bool {
    matches!(reason, Reason::Held(HoldCause::Frozen(_)))
}

fn after_pause(reason: &Reason, id: &str) -> String {
    match reason {
        reason if is_frozen(reason) => {
            format!(
                "it goes on when the freeze is lifted: tidegate freeze off; to take it back: tidegate abort {id}"
            )
        }
        Reason::Held(_) => {
            format!("it goes on by itself when that is over; to take it back: tidegate abort {id}")
        }
        Reason::RouterDenied(_) => {
            format!("mend what is refused, then: tidegate resume {id}, or: tidegate abort {id}")
        }
        Reason::Flags(FlagReason::Denied(_)) => {
            format!("mend what is named, then: tidegate resume {id}, or: tidegate abort {id}")
        }
        Reason::DeploymentHeld(_) => {
            format!(
                "mend what is refused, it is tried again every minute; to take it back: tidegate abort {id}"
            )
        }
        Reason::Drifted { .. } => {
            format!("to go on from that share: tidegate resume {id}, or: tidegate abort {id}")
        }
        Reason::Undecided(_) => {
            format!(
                "evidence may still pass it; to decide now: tidegate promote {id}, or: tidegate abort {id}"
            )
        }
        _ => format!("then: tidegate promote {id}, or: tidegate abort {id}"),
    }
}
