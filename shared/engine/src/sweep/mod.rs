//! The sweep: once a minute every live rollout is looked at, measured and judged. It publishes what it found and acts on
//! nothing. It is also the reconciler: what a crash or a lost event left undone is handed to its owner again.

mod flags;
mod measuring;
mod preparing;

use std::sync::Arc;

use jiff::Timestamp;
use tidegate_domain::assess::{Assessment, assess};
use tidegate_domain::attention::{is_news, leads_forward, owner_of, owners_needed};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::rollout::{Phase, Rollout, RolloutId};
use tidegate_domain::target::Routing;
use tidegate_domain::ticks::{Tick, minute_of};
use tidegate_domain::trigger::{Followed, Judged};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{HoldCause, Verdict};
use tidegate_wire::bus::{DeploymentFound, EffectsDue, Message, TicksDue, VerdictReached};
use tracing::{error, info, warn};

use self::measuring::{Place, distinct, first_unsettled, merge, places, ticks_of};
use crate::following::{self, LONGEST_DEPLOYMENT, Read};
use crate::looping::messages_for;
use crate::ports::{
    Alarms, Bus, Clock, Deployments, Fault, FaultKind, Listing, MetricQuery, Metrics, Probe, Routers,
    Snapshot, Store, Window,
};
use crate::{measures, spans};

/// So many rollouts are judged in one invocation; more are handed on in batches of this size.
pub const BATCH: usize = 20;

/// The window of the baseline before a rollout.
const BASELINE: Span = Span::hours(24);

/// No further rollout's checks begin after this time: those of one take up to 45 seconds, and the function a minute.
const TIME_TO_CHECK: Span = Span::seconds(5);

/// What a sweep needs of the world: all of it to read, and the bus.
pub struct Sweep {
    /// The table.
    pub store: Arc<dyn Store>,
    /// The routers, to observe with.
    pub routers: Routers,
    /// CodeDeploy's deployments, to observe.
    pub deployments: Arc<dyn Deployments>,
    /// The asking of versions before they get any traffic.
    pub probe: Arc<dyn Probe>,
    /// The metrics.
    pub metrics: Arc<dyn Metrics>,
    /// The alarms.
    pub alarms: Arc<dyn Alarms>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What a sweep came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// So many rollouts are live.
    pub rollouts: usize,
    /// So many deployments of CodeDeploy are under way in this account and region.
    pub deployments: usize,
}

/// One rollout in a batch, with what was read for it.
struct Seen {
    rollout: Rollout,
    routing: Option<Routing>,
    followed: Option<Followed>,
    ticks: Vec<Tick>,
    /// Whether its metrics and alarms were read in this sweep.
    known: bool,
}

/// What holds for all rollouts of a batch.
#[derive(Clone, Copy)]
struct Signs<'a> {
    /// The alarms that fire.
    alarms: &'a [String],
    /// The freeze in force.
    frozen: Option<&'a Freeze>,
    now: Timestamp,
}

impl Seen {
    /// Whether judging it makes checks.
    fn is_checked(&self) -> bool {
        let begins =
            matches!(self.rollout.phase, Phase::Preflight { .. }) && self.rollout.can_be_asked_before();
        self.is_to_be_checked() || (begins && !self.rollout.policy.checks.is_empty())
    }

    fn is_to_be_checked(&self) -> bool {
        self.followed.as_ref().is_some_and(|followed| self.rollout.is_to_be_checked(followed.standing.status))
    }
}

/// What is wrong with single rollouts of a batch: it is told at the end, when the others were looked at.
#[derive(Default)]
struct Troubles(Option<Fault>);

impl Troubles {
    /// What came of one rollout, or nothing where that is in trouble.
    fn unless<T>(&mut self, id: &RolloutId, result: Result<T, Fault>) -> Option<T> {
        result
            .inspect_err(|fault| {
                error!(rollout.id = %id, "rollout {id}: it is not looked at in this sweep, {fault}");
            })
            .map_err(|fault| self.0 = Some(fault))
            .ok()
    }

    fn end(self) -> Result<(), Fault> {
        self.0.map_or(Ok(()), Err)
    }
}

impl Sweep {
    /// Looks at every live rollout, a few at once, many in batches that come back as messages; and for deployments that nobody
    /// follows yet.
    pub async fn all(&self) -> Result<Swept, Fault> {
        let began = self.clock.now();
        let Listing { rollouts, toggles } = self.store.listed().await?;
        let listed: Vec<RolloutId> = rollouts.into_iter().map(|listed| listed.id).collect();
        let looked = self.look_at(&listed).await;
        let toggled = self.toggles(toggles).await;
        let found = self.find().await;
        measures::swept(listed.len(), began, self.clock.now());
        let deployments = found?;
        looked.and(toggled).map(|()| Swept { rollouts: listed.len(), deployments })
    }

    async fn look_at(&self, listed: &[RolloutId]) -> Result<(), Fault> {
        if listed.len() <= BATCH {
            return self.batch(listed).await;
        }
        let swept = self.clock.now();
        let due =
            listed.chunks(BATCH).map(|ids| Message::TicksDue(TicksDue { rollouts: ids.to_vec(), swept }));
        self.bus.publish(&due.collect::<Vec<_>>()).await
    }

    /// Deployments that are under way and that nobody follows yet: the event of their start may be lost.
    async fn find(&self) -> Result<usize, Fault> {
        let since = LONGEST_DEPLOYMENT.before(self.clock.now());
        let mut found = Vec::new();
        let under_way = self.deployments.under_way(since).await?;
        let count = under_way.len();
        for deployment in under_way {
            if self.store.filed(&deployment).await?.is_none() {
                found.push(Message::DeploymentFound(DeploymentFound { deployment }));
            }
        }
        if !found.is_empty() {
            self.bus.publish(&found).await?;
        }
        Ok(count)
    }

    /// Looks at these rollouts, with one reading of metrics and one of alarms for all of them.
    pub async fn batch(&self, ids: &[RolloutId]) -> Result<(), Fault> {
        let mut troubles = Troubles::default();
        let mut seen = Vec::new();
        for id in ids {
            let saw = spans::within(spans::seen(id), self.see(id)).await;
            seen.extend(troubles.unless(id, saw).flatten());
        }
        measures::looked_at(seen.iter().map(|seen| &seen.rollout));
        self.nudge(&seen).await?;
        let now = self.clock.now();
        let firing = self.firing(&seen).await;
        let measured = self.measure(&mut seen, now).await;
        let frozen = self.frozen(&seen).await;
        // Without alarms, or where it is not known whether it may, nothing goes on, but what harms still goes back.
        if firing.is_err() || frozen.is_err() {
            for seen in &mut seen {
                seen.known = false;
            }
        }
        let alarms = firing.as_deref().unwrap_or_default();
        let signs = Signs { alarms, frozen: frozen.as_ref().ok().and_then(Option::as_ref), now };
        let (checked, judged): (Vec<&Seen>, Vec<&Seen>) = seen.iter().partition(|seen| seen.is_checked());
        let mut verdicts = Vec::new();
        for seen in judged {
            let judged = self.judged(seen, &signs).await;
            verdicts.extend(troubles.unless(&seen.rollout.id, judged).flatten());
        }
        if !verdicts.is_empty() {
            self.bus.publish(&verdicts).await?;
        }
        // Checks take their time: nobody else's verdict waits for them, and what has no time left has it in the next sweep.
        for seen in checked {
            if Span::between(now, self.clock.now()) > TIME_TO_CHECK {
                break;
            }
            let judged = self.judged(seen, &signs).await;
            if let Some(verdict) = troubles.unless(&seen.rollout.id, judged).flatten() {
                self.bus.publish(&[verdict]).await?;
            }
        }
        measured.and(firing.map(drop)).and(frozen.map(drop)).and(troubles.end())
    }

    async fn see(&self, id: &RolloutId) -> Result<Option<Seen>, Fault> {
        let Some(rollout) = self.store.load(id).await?.filter(Rollout::is_listed) else { return Ok(None) };
        let has_traffic = rollout.phase.traffic().is_some();
        let (routing, followed) = if has_traffic { self.look(&rollout).await } else { (None, None) };
        let ticks = if is_measured(&rollout.phase) { self.store.ticks(id).await? } else { Vec::new() };
        Ok(Some(Seen { rollout, routing, followed, ticks, known: true }))
    }

    /// Drift is looked for where the target can be read; a target that cannot be read does not stop the judging.
    async fn look(&self, rollout: &Rollout) -> (Option<Routing>, Option<Followed>) {
        let Read { routing, deployment } =
            following::read(&self.routers, self.deployments.as_ref(), rollout).await;
        let unread = |fault: &Fault| {
            warn!(rollout.id = %rollout.id, "rollout {}: its target is not read in this sweep, {fault}", rollout.id);
        };
        let routing = routing.inspect_err(unread).ok();
        (routing.map(|observed| observed.routing), deployment.inspect_err(unread).ok().flatten())
    }

    /// Hands what is pending or due to its owners again.
    async fn nudge(&self, seen: &[Seen]) -> Result<(), Fault> {
        let now = self.clock.now();
        let mut messages = Vec::new();
        for Seen { rollout, routing, followed, .. } in seen {
            let pending = messages_for(rollout, rollout.pending.iter());
            let owners = owners_needed(rollout, routing.as_ref(), followed.as_ref(), now);
            let owners = owners.into_iter();
            let due =
                owners.map(|owner| Message::EffectsDue(EffectsDue { rollout: rollout.id.clone(), owner }));
            for message in pending.into_iter().chain(due) {
                if !messages.contains(&message) {
                    messages.push(message);
                }
            }
        }
        if messages.is_empty() { Ok(()) } else { self.bus.publish(&messages).await }
    }

    /// The freeze in force, read once for all of them.
    async fn frozen(&self, seen: &[Seen]) -> Result<Option<Freeze>, Fault> {
        if seen.iter().any(|seen| is_measured(&seen.rollout.phase)) {
            Ok(self.store.freeze_switch().await?.freeze())
        } else {
            Ok(None)
        }
    }

    async fn firing(&self, seen: &[Seen]) -> Result<Vec<String>, Fault> {
        let judged = seen.iter().filter(|seen| is_measured(&seen.rollout.phase));
        let rules = judged.flat_map(|seen| &seen.rollout.policy.analysis.alarms);
        let mut names: Vec<String> = rules.map(|rule| rule.name.clone()).collect();
        names.sort();
        names.dedup();
        if names.is_empty() { Ok(names) } else { self.alarms.firing(&names).await }
    }

    /// Reads the metrics of all rollouts at once. Where that is refused for good each is read alone, so that one policy's
    /// metric that nobody may read is not the others' trouble.
    async fn measure(&self, seen: &mut [Seen], now: Timestamp) -> Result<(), Fault> {
        let measured = self.measure_at_once(seen, now).await;
        if seen.len() == 1 || measured.as_ref().is_err_and(Fault::may_pass) {
            return note_known(measured, seen);
        }
        let Err(mut refused) = measured else { return Ok(()) };
        for one in seen.chunks_mut(1) {
            let measured = self.measure_at_once(one, now).await;
            if let Err(fault) = note_known(measured, one) {
                refused = fault;
            }
        }
        Err(refused)
    }

    /// Reads the metrics of these rollouts in one window and enters them into their ticks.
    async fn measure_at_once(&self, seen: &mut [Seen], now: Timestamp) -> Result<(), Fault> {
        let to = minute_of(now);
        let Some(from) =
            seen.iter().filter_map(|seen| first_unsettled(&seen.rollout, &seen.ticks, now)).min()
        else {
            return Ok(());
        };
        let window = Window { from, to, period: Span::minutes(1) };
        let places: Vec<Place> =
            seen.iter().enumerate().flat_map(|(index, seen)| places(index, &seen.rollout)).collect();
        if from >= to || places.is_empty() {
            return Ok(());
        }
        let queries = distinct(&places);
        let answers = self.metrics.read(&queries, window).await?;
        let answer = |query: &MetricQuery| answers.get(queries.iter().position(|known| known == query)?);
        // What cannot be kept is judged all the same: harm that was seen goes back.
        let mut kept = Ok(());
        for (index, seen) in seen.iter_mut().enumerate() {
            let own = places.iter().filter(|place| place.index == index);
            let own = own.filter_map(|place| Some((place, answer(&place.query)?)));
            let fresh = ticks_of(own, first_unsettled(&seen.rollout, &seen.ticks, now).unwrap_or(to));
            if !fresh.is_empty() {
                kept = self.store.put_ticks(&seen.rollout.id, &fresh, None).await.and(kept);
                merge(&mut seen.ticks, fresh);
            }
        }
        kept
    }

    async fn judged(&self, seen: &Seen, signs: &Signs<'_>) -> Result<Option<Message>, Fault> {
        spans::within(spans::judged(&seen.rollout.id), self.judge(seen, signs)).await
    }

    /// Judges one rollout and keeps what was found for people to look at.
    async fn judge(&self, seen: &Seen, signs: &Signs<'_>) -> Result<Option<Message>, Fault> {
        let rollout = &seen.rollout;
        let Signs { alarms: firing, frozen, now } = *signs;
        let assessment = match (&rollout.phase, frozen) {
            (Phase::Preflight { .. }, Some(freeze)) if !rollout.is_adopted() => held(freeze),
            (Phase::Preflight { .. }, None) if rollout.waits_frozen() => unheard(Verdict::Continue),
            (_, Some(freeze)) if seen.is_to_be_checked() => held(freeze),
            _ if seen.is_to_be_checked() => self.checked(rollout).await?,
            (Phase::Preflight { .. }, _) if !is_past(rollout.deadline, now) => {
                self.ready(rollout, firing, now).await?
            }
            _ => assess(rollout, &seen.ticks, firing, now).map_err(|faults| unjudgeable(rollout, &faults))?,
        };
        let Assessment { verdict, evidence } = assessment;
        let verdict = match frozen {
            Some(freeze) if leads_forward(rollout, &verdict) => {
                Verdict::Hold(HoldCause::Frozen(freeze.clone()))
            }
            Some(_) | None => verdict,
        };
        if is_measured(&rollout.phase) {
            let snapshot = Snapshot { at: now, verdict: verdict.clone(), evidence };
            if let Err(fault) = self.store.put_ticks(&rollout.id, &[], Some(&snapshot)).await {
                warn!(rollout.id = %rollout.id, "rollout {}: what was found is not kept to look at, {fault}", rollout.id);
            }
        }
        let stands = seen.known || matches!(verdict, Verdict::RollBack(_));
        let name = verdict.name();
        info!(rollout.id = %rollout.id, verdict = name, "rollout {}: judged, {name}", rollout.id);
        measures::judged(&rollout.id, &verdict);
        spans::found(&verdict);
        Ok((stands && is_news(rollout, &verdict)).then(|| {
            Message::VerdictReached(VerdictReached {
                rollout: rollout.id.clone(),
                owner: owner_of(&verdict),
                judged: Judged { version: rollout.version, verdict },
            })
        }))
    }
}

/// Nothing is found out that could not lead anywhere.
fn held(freeze: &Freeze) -> Assessment {
    unheard(Verdict::Hold(HoldCause::Frozen(freeze.clone())))
}

const fn unheard(verdict: Verdict) -> Assessment {
    Assessment { verdict, evidence: None }
}

/// Notes at these rollouts whether they are known: whether the reading of their metrics came through.
fn note_known(measured: Result<(), Fault>, seen: &mut [Seen]) -> Result<(), Fault> {
    for seen in seen {
        seen.known = measured.is_ok();
    }
    measured
}

/// Whether a rollout in this phase is measured: it has, or is about to have, traffic to judge.
fn is_measured(phase: &Phase) -> bool {
    phase.traffic().is_some() || matches!(phase, Phase::Preflight { .. })
}

fn is_past(deadline: Option<Timestamp>, now: Timestamp) -> bool {
    deadline.is_some_and(|deadline| now > deadline)
}

fn unjudgeable(rollout: &Rollout, faults: &[tidegate_judge::InputFault]) -> Fault {
    let words: Vec<String> = faults.iter().map(ToString::to_string).collect();
    Fault::new(format!("the ticks of rollout {}", rollout.id), FaultKind::Unreadable(words.join("; ")))
}
