//! What moves deployments on: time, alarms, and whoever stops them.

use serde::{Deserialize, Serialize};
use tidegate_domain::deployment::{DeploymentId, DeploymentStatus, HOOK_TIME, Platform};
use tidegate_domain::target::Routing;
use tidegate_domain::units::{Span, Weight};

use super::Deployed;
use super::stages::Stage;
use crate::bus;
use crate::queue::Due;
use crate::state::State as Cloud;
use crate::world::traffic::later;
use crate::world::{State, Writer};

/// What is due of a deployment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Move {
    /// It goes on, unless something else moved it on since.
    GoesOn(DeploymentId, u64),
    /// The deployment that takes it back is created.
    TakenBack(DeploymentId),
    /// CodeDeploy sees that one of its alarms fires.
    Alarmed(DeploymentId, String),
}

/// How the state-change event calls it that a deployment came to this status; it has no word for some.
const fn word(status: DeploymentStatus) -> Option<&'static str> {
    match status {
        DeploymentStatus::InProgress => Some("START"),
        DeploymentStatus::Ready => Some("READY"),
        DeploymentStatus::Succeeded => Some("SUCCESS"),
        DeploymentStatus::Failed => Some("FAILURE"),
        DeploymentStatus::Stopped => Some("STOP"),
        DeploymentStatus::Created | DeploymentStatus::Queued | DeploymentStatus::Baking => None,
    }
}

impl Cloud {
    /// The next stage comes after some milliseconds, and whatever was due before does not any more.
    pub(super) fn goes_on_in(&mut self, id: &DeploymentId, least: u64, most: u64) {
        let Some(deployed) = self.world.code_deploy.deployments.get_mut(id) else { return };
        deployed.turn += 1;
        let due = Due::CodeDeploy(Move::GoesOn(id.clone(), deployed.turn));
        let at = later(self.now, self.order.between(least, most));
        self.put(at, due);
    }

    pub(super) fn goes_on_after(&mut self, id: &DeploymentId, span: Span) {
        let ms = u64::from(span.as_seconds()) * 1_000;
        self.goes_on_in(id, ms, ms);
    }

    /// Something is due of a deployment.
    pub(crate) fn deployment_moves(&mut self, due: &Move) {
        let deployments = &self.world.code_deploy.deployments;
        match due {
            Move::GoesOn(id, turn) => {
                let goes_on = |deployed: &&Deployed| deployed.turn == *turn && !deployed.status.is_over();
                if let Some(deployed) = deployments.get(id).filter(goes_on) {
                    self.stage(&deployed.clone());
                }
            }
            Move::TakenBack(id) => {
                if let Some(deployed) = deployments.get(id).cloned() {
                    self.take_back(&deployed);
                }
            }
            Move::Alarmed(id, alarm) => {
                let rolls_back = self.rolls_back(id);
                let why = format!("one or more alarms have been activated: {alarm}");
                self.stop_deployment(id, Some(why), rolls_back);
            }
        }
    }

    /// Has the stage happen that is next.
    fn stage(&mut self, deployed: &Deployed) {
        let id = &deployed.id;
        if let Some(question) = &deployed.question {
            return self
                .fail(id, &format!("the function at {} did not answer within {HOOK_TIME}", question.at));
        }
        if deployed.status == DeploymentStatus::Ready {
            return self.stop_deployment(id, Some("nobody continued it in time".to_owned()), false);
        }
        let Some(stage) = deployed.stages.get(deployed.next).copied() else { return };
        if let Some(deployed) = self.world.code_deploy.deployments.get_mut(id) {
            deployed.next += 1;
        }
        match stage {
            Stage::Begin => self.begin(deployed),
            Stage::Rest(span) => self.goes_on_after(id, span),
            Stage::Runs => match self.cannot_run(deployed) {
                Some(problem) => self.fail(id, &problem),
                None => self.goes_on_in(id, 200, 1_000),
            },
            Stage::Hook(event) => self.ask(id, event),
            Stage::Wait(wait, span) => self.wait(id, wait, span),
            Stage::Share(weight) => {
                self.share(deployed, weight);
                self.goes_on_in(id, 500, 2_000);
            }
            Stage::End => self.succeed(deployed),
        }
    }

    fn begin(&mut self, deployed: &Deployed) {
        let id = &deployed.id;
        self.comes_to(id, DeploymentStatus::InProgress, None);
        if deployed.takes_back.is_none() {
            if let Some(problem) = self.elsewhere(deployed) {
                return self.fail(id, &problem);
            }
            let fires = |name: &&String| self.world.alarms.get(*name).is_some_and(|alarm| alarm.firing);
            if let Some(alarm) = deployed.alarms.iter().find(fires) {
                self.put(later(self.now, 1_000), Due::CodeDeploy(Move::Alarmed(id.clone(), alarm.clone())));
            }
        }
        self.goes_on_in(id, 1_000, 3_000);
    }

    /// Why an alias is not what a deployment starts from.
    fn elsewhere(&self, deployed: &Deployed) -> Option<String> {
        let group = self.world.code_deploy.group(&deployed.group)?;
        let current = deployed.current.as_ref().filter(|_| group.platform == Platform::Lambda)?;
        let routing = self.world.carrier(&group.target)?.routing.now();
        let differs = !routing.sends_as(&Routing::all(current));
        differs.then(|| format!("the alias is to be all on {current}, and is {routing}"))
    }

    /// Why the new version does not run.
    fn cannot_run(&self, deployed: &Deployed) -> Option<String> {
        let group = self.world.code_deploy.group(&deployed.group)?;
        let function = &self.world.carrier(&group.target)?.function;
        let version = self.world.functions.get(function)?.versions.get(&deployed.target);
        let problem = match (version.map(|version| version.state), group.platform) {
            (Some(State::Active), _) | (Some(State::Pending), Platform::Ecs | Platform::Server) => {
                return None;
            }
            (None, _) => format!("{} does not exist", deployed.target),
            (Some(State::Pending | State::Failed), Platform::Lambda) => {
                format!("version {} is not active", deployed.target)
            }
            (Some(State::Failed), Platform::Ecs) => {
                format!("the tasks of {} failed their health checks in the target group", deployed.target)
            }
            (Some(State::Failed), Platform::Server) => {
                "too many individual instances failed deployment, or too few are healthy".to_owned()
            }
        };
        Some(problem)
    }

    /// The new version gets its share.
    fn share(&mut self, deployed: &Deployed, weight: Weight) {
        if let Some(deployed) = self.world.code_deploy.deployments.get_mut(&deployed.id) {
            deployed.moved = weight;
        }
        let routing = match &deployed.current {
            Some(current) if weight < Weight::FULL => Routing::split(current, &deployed.target, weight),
            Some(_) | None => Routing::all(&deployed.target),
        };
        let now = self.now;
        let Some(group) = self.world.code_deploy.group(&deployed.group) else { return };
        let key = group.target.key();
        if let Some(carrier) = self.world.carriers.get_mut(&key)
            && !carrier.routing.now().sends_as(&routing)
        {
            carrier.overwrite(now, Writer::CodeDeploy, &routing);
            self.note(format!("CodeDeploy {}: {key}, {routing}", deployed.id));
        }
    }

    fn succeed(&mut self, deployed: &Deployed) {
        if let Some(group) = self.world.code_deploy.groups.get_mut(&deployed.group.to_string()) {
            group.current = Some(deployed.target.clone());
            group.blue_is_live ^= deployed.takes_back.is_none();
        }
        self.comes_to(&deployed.id, DeploymentStatus::Succeeded, None);
    }

    pub(super) fn fail(&mut self, id: &DeploymentId, problem: &str) {
        self.comes_to(id, DeploymentStatus::Failed, Some(problem.to_owned()));
        if self.rolls_back(id) {
            self.owe_way_back(id);
        }
    }

    /// A deployment is stopped; one that is over is left alone.
    pub(crate) fn stop_deployment(&mut self, id: &DeploymentId, problem: Option<String>, rolls_back: bool) {
        let deployed = self.world.code_deploy.deployments.get(id);
        if deployed.is_none_or(|deployed| deployed.status.is_over()) {
            return;
        }
        self.comes_to(id, DeploymentStatus::Stopped, problem);
        if rolls_back {
            self.owe_way_back(id);
        }
    }

    fn rolls_back(&self, id: &DeploymentId) -> bool {
        let code_deploy = &self.world.code_deploy;
        let group = code_deploy.deployments.get(id).and_then(|deployed| code_deploy.group(&deployed.group));
        group.is_some_and(|group| group.rolls_back)
    }

    /// CodeDeploy looks at its deployments' alarms a little later than everybody else.
    pub(crate) fn alarm_stops_deployments(&mut self, alarm: &str) {
        let watches = |deployed: &&Deployed| {
            !deployed.status.is_over()
                && deployed.has_begun()
                && deployed.alarms.iter().any(|own| own == alarm)
        };
        let deployments = self.world.code_deploy.deployments.values();
        let stopped: Vec<DeploymentId> = deployments.filter(watches).map(|live| live.id.clone()).collect();
        for id in stopped {
            let at = later(self.now, self.order.between(1_000, 10_000));
            self.put(at, Due::CodeDeploy(Move::Alarmed(id, alarm.to_owned())));
        }
    }

    pub(super) fn set_status(&mut self, id: &DeploymentId, status: DeploymentStatus) {
        if let Some(deployed) = self.world.code_deploy.deployments.get_mut(id) {
            deployed.status = status;
        }
    }

    /// A deployment comes to a status, and its event goes out, unless it is lost: delivery is best effort.
    pub(super) fn comes_to(&mut self, id: &DeploymentId, status: DeploymentStatus, problem: Option<String>) {
        let Some(deployed) = self.world.code_deploy.deployments.get_mut(id) else { return };
        deployed.status = status;
        if status.is_over() {
            deployed.question = None;
        }
        let group = deployed.group.clone();
        let why = problem.as_ref().map(|problem| format!(": {problem}")).unwrap_or_default();
        deployed.problem = problem;
        self.note(format!("CodeDeploy {id} is {status}{why}"));
        let Some(word) = word(status) else { return };
        let none = self.faults.chances.no_deployment_events;
        if self.chance.chance(none.fraction()) {
            self.struck.met("noDeploymentEvents");
            self.note(format!("CodeDeploy says nothing of {id}: {word}"));
        } else {
            self.put_event(bus::deployment_changed(&group, id, word));
        }
    }
}
