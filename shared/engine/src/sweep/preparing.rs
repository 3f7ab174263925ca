//! What is found out before the first step: the stable version in the time before, and what the checks say.

use jiff::Timestamp;
use tidegate_domain::assess::Assessment;
use tidegate_domain::deployment::{CodeDeploy, TargetGroups};
use tidegate_domain::rollout::Rollout;
use tidegate_domain::ticks::minute_of;
use tidegate_domain::verdict::{Baseline, Cause, Counts, LatencyBaseline, Pass, Preflight, Verdict};
use tracing::warn;

use super::measuring::whole;
use super::{BASELINE, Sweep};
use crate::checking;
use crate::ports::{Fault, Measure, MetricQuery, Series, Window};

impl Sweep {
    /// The checks that fail before the first step, of a version that is there already. A deployment of somebody else's goes on
    /// meanwhile: it is not left unjudged because a check cannot be made at the moment.
    async fn failing(&self, rollout: &Rollout) -> Result<Vec<String>, Fault> {
        if !rollout.can_be_asked_before() {
            return Ok(Vec::new());
        }
        match checking::failing(self.probe.as_ref(), rollout).await {
            Err(fault) if rollout.is_adopted() => {
                warn!(rollout.id = %rollout.id, "rollout {}: it is judged without its checks, {fault}", rollout.id);
                Ok(Vec::new())
            }
            failing => failing,
        }
    }

    /// The deployment waits for traffic: the checks say whether it goes on.
    pub(super) async fn checked(&self, rollout: &Rollout) -> Result<Assessment, Fault> {
        let failing = checking::failing(self.probe.as_ref(), rollout).await?;
        let passed = failing.is_empty();
        let verdict = if passed {
            Verdict::Promote(Pass::Checks)
        } else {
            Verdict::RollBack(Cause::ChecksFailed(failing))
        };
        Ok(Assessment { verdict, evidence: None })
    }

    /// How the target was in the day before.
    pub(super) async fn baseline(&self, rollout: &Rollout, now: Timestamp) -> Result<Baseline, Fault> {
        let to = minute_of(now);
        let window = Window { from: BASELINE.before(to), to, period: BASELINE };
        let measures = [
            Measure::Requests,
            Measure::Failures,
            Measure::Quantile(50),
            Measure::Quantile(90),
            Measure::Quantile(99),
        ];
        let groups = rollout.mover.code_deploy().and_then(|moves| moves.target_groups.as_ref());
        let counted = rollout.mover.code_deploy().is_none_or(CodeDeploy::counts_by_version);
        let queries: Vec<MetricQuery> = measures
            .into_iter()
            .filter(|_| counted)
            .map(|measure| MetricQuery {
                target: rollout.target.clone(),
                version: None,
                target_group: groups.map(TargetGroups::of_stable),
                measure,
            })
            .collect();
        let answers =
            if queries.is_empty() { Vec::new() } else { self.metrics.read(&queries, window).await? };
        let sum = |index: usize| {
            answers.get(index).map_or(0.0, |series: &Series| series.iter().map(|(_, v)| v).sum())
        };
        let most = |index: usize| answers.get(index)?.iter().map(|(_, value)| *value).reduce(f64::max);
        let latency = || Some(LatencyBaseline { p50: most(2)?, p90: most(3)?, p99: most(4)? });
        let errors = Counts { total: whole(sum(0)), bad: whole(sum(1)) };
        Ok(Baseline { errors, latency: latency(), window: BASELINE })
    }

    /// Measures the stable version before the rollout.
    pub(super) async fn ready(
        &self,
        rollout: &Rollout,
        firing: &[String],
        now: Timestamp,
    ) -> Result<Assessment, Fault> {
        let preflight = Preflight {
            baseline: self.baseline(rollout, now).await?,
            firing: firing.to_vec(),
            failed: self.failing(rollout).await?,
        };
        let firing = |name: &String| rollout.policy.analysis.alarms.iter().any(|rule| rule.name == *name);
        let preflight =
            Preflight { firing: preflight.firing.into_iter().filter(firing).collect(), ..preflight };
        Ok(Assessment { verdict: Verdict::Ready(preflight), evidence: None })
    }
}
