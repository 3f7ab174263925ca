//! Deployments of flags that somebody else started: AppConfig asks at each tick whether one may go on. There is no second version
//! to compare with, so guards, alarms and the day before judge, as in the watch after a promotion.

use tidegate_domain::assess::assess;
use tidegate_domain::effect::Outcome;
use tidegate_domain::flag::FlagGuard;
use tidegate_domain::flag::toggle::{SIGNATURE, Stage, ToggleId};
use tidegate_domain::kept::Kept;
use tidegate_domain::policy::Policy;
use tidegate_domain::rollout::{Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::Version;
use tidegate_domain::ticks::{Tick, minute_of};
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Cause, Verdict};
use tidegate_wire::aws::AppConfigRef;
use tidegate_wire::bus::{FlagsDue, Message, RolloutOutcome};
use tracing::{info, warn};

use super::Sweep;
use super::measuring::{distinct, first_unsettled, places, ticks_of};
use crate::ports::{Committed, Fault, Window};

/// The parameter of the extension's association that names the policy.
const POLICY: &str = "policy";

/// Metrics have a point a minute: a deployment is not judged more often.
const LEAST_BETWEEN: Span = Span::seconds(45);

impl Sweep {
    /// Has toggles looked at that are not over.
    pub(super) async fn toggles(&self, live: Vec<ToggleId>) -> Result<(), Fault> {
        let due: Vec<Message> =
            live.into_iter().map(|toggle| Message::FlagsDue(FlagsDue { toggle })).collect();
        if due.is_empty() { Ok(()) } else { self.bus.publish(&due).await }
    }

    /// A deployment of flags begins: what fires already, and how the target was before, is noted.
    pub async fn guard_flags(
        &self,
        deployment: &AppConfigRef,
        description: Option<&str>,
    ) -> Result<(), Fault> {
        self.guarded(deployment, description).await.map(drop)
    }

    /// Why a deployment of flags has to go back; `None` where it may go on.
    pub async fn judge_flags(
        &self,
        deployment: &AppConfigRef,
        description: Option<&str>,
    ) -> Result<Option<Cause>, Fault> {
        let Some(guard) = self.guarded(deployment, description).await? else { return Ok(None) };
        let now = self.clock.now();
        if let Some(cause) = guard.cause {
            return Ok(Some(cause));
        }
        if guard.judged.is_some_and(|judged| now < LEAST_BETWEEN.after(judged)) {
            return Ok(None);
        }
        let Some(rollout) = watched(&guard) else { return Ok(None) };
        let ticks = self.ticks_since(&rollout).await?;
        let mut firing = self.firing_of(&guard.policy).await?;
        firing.retain(|alarm| !guard.red.contains(alarm));
        let assessed = assess(&rollout, &ticks, &firing, now);
        let cause = match assessed.map(|assessment| assessment.verdict) {
            Ok(Verdict::RollBack(cause)) => Some(cause),
            Ok(
                Verdict::Ready(_)
                | Verdict::Continue
                | Verdict::Promote(_)
                | Verdict::Hold(_)
                | Verdict::Inconclusive(_),
            ) => None,
            Err(faults) => return Err(super::unjudgeable(&rollout, &faults)),
        };
        let judged = FlagGuard { version: guard.version + 1, judged: Some(now), cause, ..guard };
        if let Some(cause) = &judged.cause {
            info!("{} goes back: {cause}", judged.deployment);
            // Told first: a second telling has the same name, and no answer is given that nobody hears of.
            let outcome = Outcome::of_guard(&judged, cause);
            self.bus.publish(&[Message::RolloutOutcome(RolloutOutcome { outcome })]).await?;
        }
        self.store.put_flag_guard(&judged).await?;
        Ok(judged.cause)
    }

    /// The guard of a deployment; `None` where nobody asked to guard it, or Tidegate started it: then its rollout is judged.
    async fn guarded(
        &self,
        deployment: &AppConfigRef,
        description: Option<&str>,
    ) -> Result<Option<FlagGuard>, Fault> {
        let AppConfigRef { environment: Some(environment), number: Some(number), .. } = deployment else {
            return Ok(None);
        };
        let parameters = &deployment.parameters;
        let named = parameters.iter().find(|(name, _)| name.eq_ignore_ascii_case(POLICY));
        let Some((_, policy)) = named else { return Ok(None) };
        if description.is_some_and(|words| words.starts_with(SIGNATURE)) || self.is_own(*number).await? {
            return Ok(None);
        }
        let id = format!("{}-{number}", environment.id);
        if let Some(guard) = self.store.flag_guard(&id).await? {
            return Ok(Some(guard));
        }
        let Some(policy) = self.policy(policy).await? else { return Ok(None) };
        let guard = FlagGuard {
            id: id.clone(),
            version: 1,
            deployment: deployment.to_string(),
            policy,
            since: self.clock.now(),
            red: Vec::new(),
            baseline: tidegate_domain::verdict::Baseline::default(),
            judged: None,
            cause: None,
            kept: Kept::default(),
        };
        let Some(rollout) = watched(&guard) else {
            warn!("{deployment} is not judged: policy {} names no target", guard.policy.name);
            return Ok(None);
        };
        let red = self.firing_of(&guard.policy).await?;
        let baseline = self.baseline(&rollout, guard.since).await?;
        let guard = FlagGuard { red, baseline, ..guard };
        match self.store.put_flag_guard(&guard).await? {
            Committed::Done => Ok(Some(guard)),
            Committed::Conflict | Committed::Duplicate | Committed::Locked => {
                self.store.flag_guard(&id).await
            }
        }
    }

    /// Whether a toggle of Tidegate's has a deployment with this number under way. Numbers count in each environment alone, so
    /// this may excuse somebody else's of the same number; the description says it better, where it is told.
    async fn is_own(&self, number: u64) -> Result<bool, Fault> {
        for id in self.store.listed().await?.toggles {
            let toggle = self.store.toggle(&id).await?;
            let is_it =
                |stage: &Stage| matches!(stage, Stage::Deploying { number: own, .. } if *own == number);
            if toggle.is_some_and(|toggle| is_it(&toggle.stage)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn policy(&self, name: &str) -> Result<Option<Policy>, Fault> {
        Ok(match self.store.policy(name).await?.map(|record| record.policy()) {
            Some(Ok(policy)) => Some(policy),
            Some(Err(faults)) => {
                warn!("policy {name} is to guard flags and cannot be read: {faults}");
                None
            }
            None => {
                warn!("policy {name} is to guard flags and is not stored");
                None
            }
        })
    }

    async fn firing_of(&self, policy: &Policy) -> Result<Vec<String>, Fault> {
        let names: Vec<String> = policy.analysis.alarms.iter().map(|rule| rule.name.clone()).collect();
        if names.is_empty() { Ok(names) } else { self.alarms.firing(&names).await }
    }

    async fn ticks_since(&self, rollout: &Rollout) -> Result<Vec<Tick>, Fault> {
        let now = self.clock.now();
        let to = minute_of(now);
        let places = places(0, rollout);
        let Some(from) = first_unsettled(rollout, &[], now).filter(|from| *from < to && !places.is_empty())
        else {
            return Ok(Vec::new());
        };
        let queries = distinct(&places);
        let answers = self.metrics.read(&queries, Window { from, to, period: Span::minutes(1) }).await?;
        let answered = places.iter().filter_map(|place| {
            let at = queries.iter().position(|query| *query == place.query)?;
            Some((place, answers.get(at)?))
        });
        Ok(ticks_of(answered, from))
    }
}

/// The policy's target as the watch after a promotion sees it: all of it is judged against the day before.
fn watched(guard: &FlagGuard) -> Option<Rollout> {
    let target = guard.policy.target.clone()?;
    let id = RolloutId(guard.id.clone());
    let candidate = Version(guard.deployment.clone());
    let (policy, request) = (guard.policy.clone(), Request::default());
    let mut rollout = Rollout::queued(id, target, candidate, policy, request, guard.since);
    rollout.phase = Phase::Watching { since: Some(guard.since) };
    rollout.baseline = Some(guard.baseline.clone());
    Some(rollout)
}
