//! A rollout as it is shown: what the human rendering says and what `--output json` gives are this one value.

use jiff::Timestamp;
use serde::Serialize;
use tidegate_domain::deployment::{DeploymentId, DeploymentStatus};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::policy::Harm;
use tidegate_domain::reason::Reason;
use tidegate_domain::rollout::{Health, Phase, PhaseName, Rollout, RolloutId};
use tidegate_domain::target::{Target, Version};
use tidegate_domain::ticks::Tick;
use tidegate_domain::units::{Span, Weight};
use tidegate_domain::verdict::{Counts, Evidence, MetricEvidence};
use tidegate_engine::ports::{Fault, Snapshot, Store};
use tidegate_judge as judge;
use tidegate_wire::timeline::Entry;

use crate::evidence::evidence_of;
use crate::flags::RolloutFlag;

/// A rollout as `get --output json` prints it; `list --output json` prints a list of them. Members are only ever added.
///
/// Times are RFC 3339 in UTC, spans are texts such as `1h30m`, weights are percent (`2.5`), evidence is a natural logarithm.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// Its name.
    pub rollout: RolloutId,
    /// In the field's words: `Progressing`, `Paused`, `Degraded`, `Healthy`.
    pub health: Health,
    /// Where it stands: `baking`, `paused`, `rolledBack`, …
    pub phase: PhaseName,
    /// Whether it is over.
    pub over: bool,
    /// Whether nothing goes on until somebody acts.
    pub waits_for_somebody: bool,
    /// Whose traffic.
    pub target: Target,
    /// The CodeDeploy deployment that moves its traffic; `null` where Tidegate does.
    pub deployment: Option<DeploymentShown>,
    /// The version it lets in.
    pub candidate: Version,
    /// The version it is compared with; `null` before preflight has found it.
    pub stable: Option<Version>,
    /// The candidate's share as last read back.
    pub weight: Weight,
    /// The candidate's share that is being set, where one is.
    pub setting: Option<Weight>,
    /// The policy's name.
    pub policy: String,
    /// The steps, full promotion as the last one.
    pub steps: Vec<StepStatus>,
    /// The flags that its policy switches, and how far each is.
    pub flags: Vec<RolloutFlag>,
    /// What is compared; empty before there is anything to compare.
    pub metrics: Vec<MetricStatus>,
    /// The evidence for harm over all metrics; `null` before there is any.
    pub evidence: Option<EvidenceStatus>,
    /// Why it stands where it stands, in words.
    pub why: String,
    /// The same as data: `{"because": "stepPassed", "with": …}`.
    pub reason: Reason,
    /// Who asked for it.
    pub by: String,
    /// When it was asked for.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
    /// When it has to be over; `null` before it starts.
    pub deadline: Option<Timestamp>,
    /// When health-check last looked at its numbers.
    pub judged: Option<Timestamp>,
    /// The freeze that keeps every weight of the installation from rising; `null` where there is none.
    pub freeze: Option<Freeze>,
    /// What may be typed next.
    pub next: Vec<Next>,
}

/// The CodeDeploy deployment that moves a rollout's traffic.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DeploymentShown {
    /// Its id; `null` until it is started.
    pub id: Option<DeploymentId>,
    /// Its application and its group: `shop/checkout`.
    pub group: String,
    /// Where it stood when it was last read.
    pub status: Option<DeploymentStatus>,
    /// Whether Tidegate started it.
    pub driven: bool,
}

/// One step of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct StepStatus {
    /// The candidate's share; 100 in the last one, full promotion.
    pub weight: Weight,
    /// The least time at this share; the watch in the last one.
    pub bake: Span,
    /// `done`, `current`, `toCome`, or `stopped` where a rollout ended on its way.
    pub state: StepState,
    /// Since when its share is fact, while it is the current one.
    pub since: Option<Timestamp>,
    /// Whether its time was extended.
    pub extended: bool,
    /// The gate after it.
    pub gate: Option<GateStatus>,
}

/// A gate after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GateStatus {
    /// For how long; `null` where it waits for somebody.
    pub time: Option<Span>,
    /// As a step's.
    pub state: StepState,
}

/// How far a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum StepState {
    /// It is passed.
    Done,
    /// The rollout stands here.
    Current,
    /// It is still to come.
    ToCome,
    /// The rollout ended here.
    Stopped,
}

/// One metric of a rollout.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MetricStatus {
    /// Its name.
    pub name: String,
    /// How many times as often the candidate has its events; `null` without data.
    pub ratio: Option<f64>,
    /// The confidence sequence of the ratio, 2.5 % a side, assuming independent requests; `null` means unbounded.
    pub interval: [Option<f64>; 2],
    /// The margin: above it the candidate counts as worse.
    pub margin: f64,
    /// The candidate's counts.
    pub candidate: Counts,
    /// The stable version's counts in the same minutes.
    pub stable: Counts,
    /// The evidence for harm.
    pub log_e: f64,
    /// The evidence for a pass of the step.
    pub log_e_pass: f64,
    /// Requests still needed to see a doubling; `null` when it cannot be said.
    pub requests_needed: Option<f64>,
}

/// The evidence for harm over all metrics.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EvidenceStatus {
    /// The evidence.
    pub log_e: f64,
    /// Where it rolls back.
    pub threshold_log_e: f64,
}

/// A command that may be typed next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Next {
    /// What to type.
    pub command: String,
    /// What it does.
    pub does: String,
}

/// Everything that the table has about a rollout.
#[derive(Debug, Clone)]
pub struct Stored {
    /// The document.
    pub rollout: Rollout,
    /// What health-check last found.
    pub snapshot: Option<Snapshot>,
    /// Its minutes.
    pub ticks: Vec<Tick>,
    /// Its commits.
    pub timeline: Vec<Entry>,
}

impl Stored {
    /// Reads it; `None` where there is no such rollout.
    pub async fn read(store: &dyn Store, id: &RolloutId) -> Result<Option<Self>, Fault> {
        let Some(rollout) = store.load(id).await? else { return Ok(None) };
        let snapshot = store.snapshot(id).await?;
        let ticks = store.ticks(id).await?;
        let timeline = store.timeline(id).await?;
        Ok(Some(Self { rollout, snapshot, ticks, timeline }))
    }

    /// The evidence that is known: what the rollout ended with, or what health-check last found.
    fn evidence(&self) -> Option<&Evidence> {
        let found = self.snapshot.as_ref().and_then(|snapshot| snapshot.evidence.as_ref());
        let of_reason = evidence_of(&self.rollout.reason);
        if self.rollout.phase.is_terminal() { of_reason.or(found) } else { found.or(of_reason) }
    }
}

/// Whether nothing goes on until somebody acts. A timed gate and a hold end by themselves.
pub fn waits_for_somebody(phase: &Phase) -> bool {
    let pause = phase.traffic().and_then(|traffic| traffic.pause);
    pause.is_some_and(|(cause, _)| !cause.ends_by_itself())
}

impl Status {
    /// The status of a stored rollout, while the installation is frozen or not.
    pub fn of(stored: &Stored, freeze: Option<&Freeze>) -> Self {
        let Stored { rollout, snapshot, ticks, timeline } = stored;
        let evidence = stored.evidence();
        let phase = rollout.phase.name();
        let wish = rollout.pending.iter().find_map(|pending| pending.effect.wish());
        Self {
            rollout: rollout.id.clone(),
            health: phase.health(),
            phase,
            over: phase.is_terminal(),
            waits_for_somebody: waits_for_somebody(&rollout.phase),
            target: rollout.target.clone(),
            deployment: rollout.mover.code_deploy().map(|moves| DeploymentShown {
                id: moves.id.clone(),
                group: moves.group.to_string(),
                status: moves.status,
                driven: moves.is_driven(),
            }),
            candidate: rollout.candidate.clone(),
            stable: rollout.stable.clone(),
            weight: rollout.weight(),
            setting: wish.map(|(wish, _)| wish.weight_of(&rollout.candidate)),
            policy: rollout.policy.name.clone(),
            steps: crate::steps::steps(rollout, timeline),
            flags: RolloutFlag::all(rollout),
            metrics: evidence
                .map(|evidence| evidence.metrics.iter().map(|metric| shown(rollout, ticks, metric)).collect())
                .unwrap_or_default(),
            evidence: evidence.map(|e| EvidenceStatus { log_e: e.log_e, threshold_log_e: e.threshold_log_e }),
            why: rollout.reason.to_string(),
            reason: rollout.reason.clone(),
            by: rollout.request.by.clone(),
            created: rollout.created,
            updated: rollout.updated,
            deadline: rollout.deadline,
            judged: snapshot.as_ref().map(|snapshot| snapshot.at),
            freeze: freeze.filter(|_| !phase.is_terminal()).cloned(),
            next: crate::steps::next(rollout),
        }
    }
}

fn shown(rollout: &Rollout, ticks: &[Tick], metric: &MetricEvidence) -> MetricStatus {
    let rule = rollout.policy.analysis.metrics.iter().find(|rule| rule.name == metric.name);
    let harm = rule.map_or(Harm::Increase, |rule| rule.harm);
    let interval = interval(ticks, &metric.name, harm);
    MetricStatus {
        name: metric.name.clone(),
        ratio: metric.ratio,
        interval: [interval.low, interval.high],
        margin: rule.map_or(1.0, |rule| rule.margin),
        candidate: metric.candidate,
        stable: metric.stable,
        log_e: metric.log_e,
        log_e_pass: metric.log_e_pass,
        requests_needed: metric.requests_needed.filter(|needed| needed.is_finite()),
    }
}

/// The confidence sequence of one metric's ratio over these minutes, for people to look at.
pub fn interval(ticks: &[Tick], metric: &str, harm: Harm) -> judge::Interval {
    let counts = |counts: Counts| judge::Counts { total: counts.total, bad: counts.bad };
    let judged: Vec<judge::Tick> = ticks
        .iter()
        .filter_map(|tick| tick.metrics.get(metric))
        .map(|arms| judge::Tick { candidate: counts(arms.candidate), stable: counts(arms.stable) })
        .collect();
    let harm = match harm {
        Harm::Increase => judge::Harm::Increase,
        Harm::Decrease => judge::Harm::Decrease,
    };
    judge::interval(&judged, harm)
}
