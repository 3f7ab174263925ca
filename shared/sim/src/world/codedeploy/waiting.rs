//! What deployments wait for: the answers of hooks, and whoever continues them.

use serde_json::json;
use tidegate_domain::deployment::{DeploymentId, DeploymentStatus, HOOK_TIME, LifecycleEvent, Wait};
use tidegate_domain::effect::Owner;
use tidegate_domain::units::Span;
use tidegate_engine::ports::FaultKind;

use super::Question;
use super::stages::Stage;
use crate::state::State as Cloud;

impl Cloud {
    /// A hook is asked: CodeDeploy invokes the function and waits for an answer by its API.
    pub(super) fn ask(&mut self, id: &DeploymentId, at: LifecycleEvent) {
        let execution = self.key.and("hook").and(&id.0).and(at.name()).uuid();
        let payload = json!({ "DeploymentId": id, "LifecycleEventHookExecutionId": execution });
        if let Some(deployed) = self.world.code_deploy.deployments.get_mut(id) {
            deployed.question = Some(Question { at, execution });
        }
        self.note(format!("CodeDeploy {id} asks at {at}"));
        self.send(Owner::HealthCheck, &payload, "CodeDeploy hook");
        self.goes_on_after(id, HOOK_TIME);
    }

    /// A hook answers. What was answered before is answered.
    pub(crate) fn answer_hook(
        &mut self,
        id: &DeploymentId,
        execution: &str,
        passed: bool,
    ) -> Result<(), FaultKind> {
        let unknown = || FaultKind::Missing(format!("no deployment is called {id}"));
        let deployed = self.world.code_deploy.deployments.get_mut(id).ok_or_else(unknown)?;
        if deployed.status.is_over() || deployed.answered.contains(execution) {
            return Ok(());
        }
        let asked = deployed.question.take_if(|question| question.execution == execution);
        let Some(Question { at, execution }) = asked else {
            return Err(FaultKind::Refused(format!("{execution} is no question of {id}")));
        };
        deployed.answered.insert(execution);
        self.note(format!("CodeDeploy {id} hears at {at}: {}", if passed { "Succeeded" } else { "Failed" }));
        if passed {
            self.goes_on_in(id, 500, 2_000);
        } else {
            self.fail(id, &format!("the function at {at} answered Failed"));
        }
        Ok(())
    }

    pub(super) fn wait(&mut self, id: &DeploymentId, wait: Wait, span: Span) {
        match wait {
            Wait::Ready => {
                self.comes_to(id, DeploymentStatus::Ready, None);
                self.goes_on_after(id, span);
            }
            Wait::Termination => self.goes_on_after(id, span),
        }
    }

    /// Somebody ends a wait. A deployment that does not wait for this is left alone.
    pub(crate) fn end_wait(&mut self, id: &DeploymentId, wait: Wait) {
        let Some(deployed) = self.world.code_deploy.deployments.get(id) else { return };
        let stage = deployed.next.checked_sub(1).and_then(|last| deployed.stages.get(last));
        let waits = matches!(stage, Some(Stage::Wait(other, _)) if *other == wait);
        if waits && !deployed.status.is_over() {
            self.set_status(id, DeploymentStatus::InProgress);
            self.goes_on_in(id, 500, 2_000);
        }
    }
}
