//! CodeDeploy of the simulated cloud.

use async_trait::async_trait;
use jiff::Timestamp;
use tidegate_domain::deployment::{
    Deployment, DeploymentId, Group, GroupFacts, Order, Revision, Standing, Wait,
};
use tidegate_engine::ports::{Deployments, Fault, FaultKind, Tagged};

use crate::faults::Call;
use crate::gate::Gate;
use crate::state::State;
use crate::world::codedeploy::{AppSpec, Creation};

/// CodeDeploy, for one caller.
pub(super) struct CloudDeployments(pub Gate);

#[async_trait]
impl Deployments for CloudDeployments {
    async fn standing(&self, id: &DeploymentId) -> Result<Standing, Fault> {
        let standing = |state: &mut State| found(state, id).map(|deployment| deployment.standing());
        self.0.call(Call::Standing, || id.to_string(), standing).await
    }

    async fn get(&self, id: &DeploymentId) -> Result<Deployment, Fault> {
        self.0.call(Call::GetDeployment, || id.to_string(), |state| found(state, id)).await
    }

    async fn group(&self, group: &Group) -> Result<GroupFacts, Fault> {
        let missing = || Fault::new(format!("deployment group {group}"), no_such("group"));
        let facts = |state: &mut State| state.world.code_deploy.facts(group).ok_or_else(missing);
        self.0.call(Call::DeploymentGroup, || group.to_string(), facts).await
    }

    async fn under_way(&self, since: Timestamp) -> Result<Vec<DeploymentId>, Fault> {
        let live = |state: &mut State| {
            let all = state.world.code_deploy.deployments.values();
            let live = all.filter(|deployed| !deployed.status.is_over() && deployed.created >= since);
            Ok(live.map(|deployed| deployed.id.clone()).collect())
        };
        self.0.call(Call::UnderWay, String::new, live).await
    }

    async fn under_way_in(&self, group: &Group) -> Result<Vec<DeploymentId>, Fault> {
        let live = |state: &mut State| {
            let all = state.world.code_deploy.deployments.values();
            let live = all.filter(|deployed| !deployed.status.is_over() && deployed.group == *group);
            Ok(live.map(|deployed| deployed.id.clone()).collect())
        };
        self.0.call(Call::UnderWayIn, || group.to_string(), live).await
    }

    async fn find(
        &self,
        group: &Group,
        description: &str,
        since: Timestamp,
    ) -> Result<Option<DeploymentId>, Fault> {
        let find = |state: &mut State| {
            let mut all = state.world.code_deploy.deployments.values();
            let found = all.find(|deployed| {
                deployed.group == *group && deployed.description == description && deployed.created >= since
            });
            Ok(found.map(|deployed| deployed.id.clone()))
        };
        self.0.call(Call::FindDeployment, || group.to_string(), find).await
    }

    async fn start(&self, order: &Order, description: &str) -> Result<DeploymentId, Fault> {
        let about = || format!("{} {description}", order.group);
        let start = |state: &mut State| {
            let refused = |kind: FaultKind| Fault::new(format!("deployment in {}", order.group), kind);
            let creation = creation(order, description).map_err(|why| refused(FaultKind::Refused(why)))?;
            if let Some(config) = &order.config
                && let Some(timetable) = config.creates
            {
                state.create_config(&config.name, timetable);
            }
            state.create_deployment(creation).map_err(refused)
        };
        self.0.call(Call::StartDeployment, about, start).await
    }

    async fn go_on(&self, id: &DeploymentId, wait: Wait) -> Result<(), Fault> {
        let go_on = |state: &mut State| {
            found(state, id)?;
            state.end_wait(id, wait);
            Ok(())
        };
        self.0.call(Call::GoOn, || id.to_string(), go_on).await
    }

    async fn stop(&self, id: &DeploymentId) -> Result<(), Fault> {
        let stop = |state: &mut State| {
            found(state, id)?;
            state.stop_deployment(id, None, true);
            Ok(())
        };
        self.0.call(Call::StopDeployment, || id.to_string(), stop).await
    }

    async fn answer_hook(&self, id: &DeploymentId, execution: &str, passed: bool) -> Result<(), Fault> {
        let answer = |state: &mut State| {
            let fault = |kind| Fault::new(format!("hook of {id}"), kind);
            state.answer_hook(id, execution, passed).map_err(fault)
        };
        self.0.call(Call::AnswerHook, || format!("{id} {execution}"), answer).await
    }

    async fn tagged(&self, deployment: &Deployment) -> Result<Option<Tagged>, Fault> {
        let tagged = |state: &mut State| {
            let group = state.world.code_deploy.group(&deployment.group);
            let policy = group.and_then(|group| group.tags.get("tidegate:policy")).cloned();
            Ok(policy.map(|policy| Tagged { policy, alias: None }))
        };
        self.0.call(Call::DeploymentTagged, || deployment.id.to_string(), tagged).await
    }
}

fn found(state: &State, id: &DeploymentId) -> Result<Deployment, Fault> {
    state.world.deployment(id).ok_or_else(|| Fault::new(format!("deployment {id}"), no_such("deployment")))
}

fn no_such(thing: &str) -> FaultKind {
    FaultKind::Missing(format!("no such {thing}"))
}

/// What an order creates; where it cannot be read, why.
fn creation(order: &Order, description: &str) -> Result<Creation, String> {
    let (current, target, hooks) = match &order.revision {
        Revision::AppSpec(text) => {
            let AppSpec { current, target, hooks } =
                AppSpec::read(text).map_err(|why| format!("the AppSpec: {why}"))?;
            (current, target, hooks)
        }
        Revision::Bundle(revision) => (None, revision.clone(), Vec::new()),
    };
    Ok(Creation {
        group: order.group.clone(),
        description: description.to_owned(),
        config: order.config.as_ref().map(|config| config.name.clone()),
        alarms: order.alarms.clone(),
        current,
        target,
        hooks: Some(hooks),
    })
}
