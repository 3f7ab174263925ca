//! Lifecycle hooks of CodeDeploy: a question is kept until it is answered, at once where that can be said, and in a later sweep
//! where the comparison is not over. It is always answered within the hour that CodeDeploy waits.

use std::sync::Arc;

use tidegate_domain::attention::{is_news, owner_of};
use tidegate_domain::deployment::{ANSWERED_WITHIN, HookAnswer, answer};
use tidegate_domain::freeze::Freeze;
use tidegate_domain::rollout::Rollout;
use tidegate_domain::trigger::Judged;
use tidegate_domain::units::Span;
use tidegate_domain::verdict::{Cause, HoldCause, Verdict};
use tidegate_wire::bus::{DeploymentFound, Message, VerdictReached};
use tracing::{info, warn};

use crate::checking;
use crate::ports::{Bus, Clock, Deployments, Fault, Filed, Hook, Probe, Store};

/// No further hook is answered after this time in one sweep.
const TIME_TO_ANSWER: Span = Span::seconds(5);

/// What answering needs.
pub struct Hooks {
    /// The table.
    pub store: Arc<dyn Store>,
    /// CodeDeploy's deployments.
    pub deployments: Arc<dyn Deployments>,
    /// The asking of versions before they get any traffic.
    pub probe: Arc<dyn Probe>,
    /// The bus.
    pub bus: Arc<dyn Bus>,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

/// What becomes of a question.
enum Told {
    Passed(String),
    Failed(String),
    Later,
    /// The deployment is over: nobody waits for an answer any more.
    Moot,
}

impl Hooks {
    /// A hook asks: the question is kept first, so that it is answered also where this invocation ends here.
    pub async fn ask(&self, hook: &Hook) -> Result<(), Fault> {
        self.store.ask(hook).await?;
        self.answer(hook).await
    }

    /// Answers every question that waits, as far as it can be answered now. One that is in trouble does not keep the others waiting.
    pub async fn all(&self) -> Result<(), Fault> {
        let mut failed = None;
        let begun = self.clock.now();
        for hook in self.store.asked().await? {
            // The checks of one take their time; the others have it in the next sweep.
            if Span::between(begun, self.clock.now()) > TIME_TO_ANSWER {
                break;
            }
            if let Err(fault) = self.answer(&hook).await {
                warn!("the hook of deployment {} is not answered in this sweep, {fault}", hook.deployment);
                failed = Some(fault);
            }
        }
        failed.map_or(Ok(()), Err)
    }

    async fn answer(&self, hook: &Hook) -> Result<(), Fault> {
        let id = &hook.deployment;
        let told = match self.told(hook).await {
            Err(fault) if self.is_late(hook) => Told::Failed(fault.to_string()),
            told => told?,
        };
        let passed = match told {
            Told::Later => return Ok(()),
            Told::Moot => return self.store.answered(hook).await,
            Told::Passed(why) => {
                info!("deployment {id} goes on: {why}");
                true
            }
            Told::Failed(why) => {
                warn!("deployment {id} fails: {why}");
                false
            }
        };
        self.deployments.answer_hook(id, &hook.execution, passed).await?;
        self.store.answered(hook).await
    }

    fn is_late(&self, hook: &Hook) -> bool {
        self.clock.now() >= ANSWERED_WITHIN.after(hook.asked)
    }

    async fn told(&self, hook: &Hook) -> Result<Told, Fault> {
        let followed = match self.store.filed(&hook.deployment).await? {
            Some(Filed::Followed(rollout)) => self.store.load(&rollout).await?,
            Some(Filed::PassedOver(why)) => return Ok(Told::Passed(why)),
            None => None,
        };
        let Some(rollout) = followed else {
            if self.is_late(hook) {
                return Ok(Told::Failed("nobody could say whose it is".to_owned()));
            }
            let found = DeploymentFound { deployment: hook.deployment.clone() };
            self.bus.publish(&[Message::DeploymentFound(found)]).await?;
            return Ok(Told::Later);
        };
        let deployment = self.deployments.get(&hook.deployment).await?;
        if deployment.status.is_over() {
            return Ok(Told::Moot);
        }
        let words = || format!("rollout {} is {}: {}", rollout.id, rollout.phase.name(), rollout.reason);
        match answer(&rollout, deployment.waits_at, hook.asked, self.clock.now()) {
            HookAnswer::Later => Ok(Told::Later),
            HookAnswer::GoOn => Ok(Told::Passed(words())),
            HookAnswer::Fail => Ok(Told::Failed(words())),
            HookAnswer::AsChecked => match self.store.freeze_switch().await?.freeze() {
                Some(freeze) => self.frozen(hook, &rollout, freeze).await,
                None => self.checked(hook, &rollout).await,
            },
        }
    }

    /// While frozen, a deployment that asks before it gets traffic is kept waiting for as long as CodeDeploy waits, and fails then.
    async fn frozen(&self, hook: &Hook, rollout: &Rollout, freeze: Freeze) -> Result<Told, Fault> {
        if self.is_late(hook) {
            return Ok(Told::Failed(freeze.to_string()));
        }
        let verdict = Verdict::Hold(HoldCause::Frozen(freeze));
        if is_news(rollout, &verdict) {
            self.publish(rollout, verdict).await?;
        }
        Ok(Told::Later)
    }

    async fn publish(&self, rollout: &Rollout, verdict: Verdict) -> Result<(), Fault> {
        let owner = owner_of(&verdict);
        let judged = Judged { version: rollout.version, verdict };
        let reached = VerdictReached { rollout: rollout.id.clone(), owner, judged };
        self.bus.publish(&[Message::VerdictReached(reached)]).await
    }

    /// What the checks say. Where one fails the rollout hears of it first: it takes back what moved and says why, and the hook is
    /// answered once it goes back. So the reason that people are told is the check's, not CodeDeploy's.
    async fn checked(&self, hook: &Hook, rollout: &Rollout) -> Result<Told, Fault> {
        let failing = checking::failing(self.probe.as_ref(), rollout).await?;
        if failing.is_empty() {
            return Ok(Told::Passed("the checks before any traffic passed".to_owned()));
        }
        if self.is_late(hook) {
            return Ok(Told::Failed(failing.join("; ")));
        }
        self.publish(rollout, Verdict::RollBack(Cause::ChecksFailed(failing))).await?;
        Ok(Told::Later)
    }
}
