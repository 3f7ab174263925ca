//! What came of a scenario: all that its telling needs, on the terminal and on the page.

use jiff::Timestamp;
use tidegate_domain::policy::{Metric, OutcomeKind};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::ticks::Tick;
use tidegate_domain::units::Weight;
use tidegate_domain::verdict::Counts;
use tidegate_wire::timeline::Entry;

use crate::evidence::evidence_of;

/// A scenario that was played to its end.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its name, as a file is named: `five-times-errors`.
    pub name: String,
    /// Its title.
    pub title: String,
    /// The story in a sentence or two.
    pub about: String,
    /// The seed of all chance in it.
    pub seed: u64,
    /// When it began.
    pub start: Timestamp,
    /// Its rollouts, in the order in which they were asked for.
    pub courses: Vec<Course>,
    /// What happened around them: what the scenario did, and what went wrong.
    pub happenings: Vec<Happening>,
    /// What on-call got.
    pub notices: Vec<Told>,
    /// What was expected of it, and whether it came so.
    pub expected: Vec<Expected>,
    /// What it cost.
    pub cost: Cost,
}

/// One rollout, with what the world knows about it.
#[derive(Debug, Clone)]
pub struct Course {
    /// Its document at the end.
    pub rollout: Rollout,
    /// Its commits.
    pub timeline: Vec<Entry>,
    /// What was measured.
    pub ticks: Vec<Tick>,
    /// What really happened around it, minute by minute.
    pub served: Vec<Minute>,
    /// The candidate's true share, each with the moment since which it held.
    pub weights: Vec<(Timestamp, Weight)>,
    /// The last moment of its story.
    pub end: Timestamp,
}

/// What really happened in a minute; only the simulation knows.
#[derive(Debug, Clone, Copy)]
pub struct Minute {
    /// When it began.
    pub at: Timestamp,
    /// Requests of the candidate, and the failed ones.
    pub candidate: Counts,
    /// The same of the stable version.
    pub stable: Counts,
}

/// Something that happened around the rollouts, in words.
#[derive(Debug, Clone)]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: String,
}

/// A message that on-call got.
#[derive(Debug, Clone)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// What came out.
    pub kind: OutcomeKind,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// Something that was expected.
#[derive(Debug, Clone)]
pub struct Expected {
    /// In words.
    pub what: String,
    /// `None` when it came so; else what came instead.
    pub instead: Option<String>,
}

/// What a scenario cost.
#[derive(Debug, Clone, Default)]
pub struct Cost {
    /// Invocations of Tidegate's functions.
    pub invocations: u64,
    /// Their calls of AWS services.
    pub calls: u64,
    /// Metric series that were read; CloudWatch charges for these.
    pub series: u64,
}

impl Story {
    /// Whether everything came as expected.
    pub fn is_as_expected(&self) -> bool {
        self.expected.iter().all(|expected| expected.instead.is_none())
    }

    /// The moment from which its times are counted: when the first rollout was asked for.
    pub fn zero(&self) -> Timestamp {
        self.courses.first().map_or(self.start, |course| course.rollout.created)
    }

    /// What happened around one of its rollouts: from its beginning to that of the next. What came before all of them belongs to
    /// the first.
    pub fn around(&self, course: usize) -> Vec<Happening> {
        let begins = |course: usize| self.courses.get(course).map(|course| course.rollout.created);
        let from = begins(course).filter(|_| course > 0);
        let to = begins(course + 1);
        let within = |at: Timestamp| from.is_none_or(|from| from <= at) && to.is_none_or(|to| at < to);
        self.happenings.iter().filter(|happening| within(happening.at)).cloned().collect()
    }

    /// How the last rollout ended, or where it stands.
    pub fn outcome(&self) -> Option<&Rollout> {
        self.courses.last().map(|course| &course.rollout)
    }
}

impl Course {
    /// The metric that says most about how it went: the loudest of the evidence that it was decided on, else the first.
    pub fn telling_metric(&self) -> Option<&Metric> {
        let metrics = &self.rollout.policy.analysis.metrics;
        let deciding = self.timeline.iter().rev().find_map(|entry| evidence_of(&entry.reason));
        let loudest = deciding.and_then(|evidence| {
            evidence.metrics.iter().filter(|m| m.log_e > 0.0).max_by(|a, b| a.log_e.total_cmp(&b.log_e))
        });
        let named = loudest.and_then(|loudest| metrics.iter().find(|metric| metric.name == loudest.name));
        named.or_else(|| metrics.first())
    }
}
