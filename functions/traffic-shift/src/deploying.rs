//! Deployments of CodeDeploy: those that somebody else started are followed where a policy guards them; those that a request
//! asks for are resolved to what carries their traffic.

use serde_json::json;
use tidegate_domain::admit::Asked;
use tidegate_domain::deployment::{
    CodeDeploy, Content, DESCRIBED, Deployment, DeploymentId, Group, Mover, Platform,
};
use tidegate_domain::effect::Owner;
use tidegate_domain::policy::{Mode, Policy, steps_of};
use tidegate_domain::rollout::{Phase, Request, Rollout, RolloutId};
use tidegate_domain::target::{Target, Version, kinds};
use tidegate_domain::trigger::Trigger;
use tidegate_domain::units::Span;
use tidegate_engine::Answer;
use tidegate_engine::ports::{Fault, Filed};
use tidegate_wire::bus::{EffectsDue, Message};

use crate::TrafficShift;

/// CodeDeploy says what a deployment brings within this time, or it does not.
const TIME_TO_SAY: Span = Span::minutes(10);

/// Whose a deployment is.
enum Guarded {
    /// A policy guards it.
    By(Box<Policy>),
    /// Nobody does, and why.
    Nobody(String),
    /// What names a policy for it is wrong.
    Wrong(String),
}

impl TrafficShift {
    /// A deployment began, goes on or is through: whoever follows it looks; one that nobody follows yet is adopted where a
    /// policy guards it.
    pub(crate) async fn deployment(&self, id: &DeploymentId) -> Result<Answer, Fault> {
        match self.store.filed(id).await? {
            Some(Filed::Followed(rollout)) => self.look(&rollout).await,
            Some(Filed::PassedOver(why)) => Ok(Answer::Ignored(why)),
            None => match Box::pin(self.met(id)).await {
                Err(fault) if !fault.may_pass() => self.unguardable(id, fault.to_string()).await,
                met => met,
            },
        }
    }

    /// Nothing can be done about a deployment until somebody acts: people are told, once however many events speak of it, and
    /// from then on it goes its way unguarded.
    async fn unguardable(&self, id: &DeploymentId, problem: String) -> Result<Answer, Fault> {
        let said = format!("CodeDeploy deployment {id} is not guarded: {problem}");
        self.door.keep(&id.to_string(), json!({ "deployment": id }), &said).await?;
        self.passed_over(id, problem).await
    }

    /// A rollout on its way back is rollback's to decide on.
    async fn look(&self, id: &RolloutId) -> Result<Answer, Fault> {
        let Some(rollout) = self.store.load(id).await? else {
            return Ok(Answer::Ignored(format!("no rollout is called {id}")));
        };
        if let Phase::RollingBack(_) | Phase::Stuck(_) = rollout.phase {
            let due = EffectsDue { rollout: id.clone(), owner: Owner::Rollback };
            self.door.bus.publish(&[Message::EffectsDue(due)]).await?;
            return Ok(Answer::Ignored(format!("{id} goes back; rollback looks")));
        }
        Ok(Answer::Handled(self.engine.handle_loaded(rollout, &Trigger::Reconcile, None).await?))
    }

    async fn met(&self, id: &DeploymentId) -> Result<Answer, Fault> {
        let deployment = self.deployments.get(id).await?;
        if let Some(rollout) = self.started_by(&deployment).await? {
            return self.look(&rollout).await;
        }
        if let Some(first) = &deployment.takes_back {
            return match self.store.filed(first).await? {
                Some(Filed::Followed(rollout)) => self.look(&rollout).await,
                Some(Filed::PassedOver(_)) | None => {
                    self.passed_over(id, format!("it takes {first} back, which no rollout follows")).await
                }
            };
        }
        if !deployment.can_be_followed(self.door.clock.now()) {
            return self
                .passed_over(id, format!("it {} before anybody followed it", deployment.status))
                .await;
        }
        let Some(content) = &deployment.content else {
            if self.door.clock.now() > TIME_TO_SAY.after(deployment.created) {
                let silent =
                    "CodeDeploy does not say what it deploys, as of one that CloudFormation makes for ECS";
                return self.passed_over(id, silent.to_owned()).await;
            }
            return Ok(Answer::Ignored(format!(
                "deployment {id} does not say yet what it deploys; the sweep looks again"
            )));
        };
        match self.guarded(&deployment, content).await? {
            Guarded::By(policy) => self.adopt(&deployment, content, *policy).await,
            Guarded::Nobody(why) => self.passed_over(id, why).await,
            Guarded::Wrong(problem) => self.unguardable(id, problem).await,
        }
    }

    /// The rollout that started a deployment, by its description; others may begin theirs with the same word.
    async fn started_by(&self, deployment: &Deployment) -> Result<Option<RolloutId>, Fault> {
        let Some(name) = deployment.description.strip_prefix(DESCRIBED) else { return Ok(None) };
        let rollout = self.store.load(&RolloutId(name.to_owned())).await?;
        let starts = |rollout: &Rollout| rollout.mover.code_deploy().is_some_and(CodeDeploy::is_driven);
        Ok(rollout.filter(starts).map(|rollout| rollout.id))
    }

    async fn passed_over(&self, id: &DeploymentId, why: String) -> Result<Answer, Fault> {
        self.store.pass_over(id, &why).await?;
        Ok(Answer::Ignored(format!("CodeDeploy deployment {id}: {why}")))
    }

    /// The tag of the function says whose it is, or that of the group or the service, or a policy that names one of them.
    async fn guarded(&self, deployment: &Deployment, content: &Content) -> Result<Guarded, Fault> {
        let of_function = match content {
            Content::Lambda { function, .. } => self.functions.tagged(function).await?,
            Content::Ecs { .. } | Content::Server { .. } => None,
        };
        let tagged = match of_function {
            Some(tagged) => Some(tagged),
            None => self.deployments.tagged(deployment).await?,
        };
        if let Some(tagged) = tagged {
            return Ok(match self.stored_policy(&tagged.policy).await? {
                Ok(policy) => by(policy),
                Err(problem) => Guarded::Wrong(format!("the tag tidegate:policy: {problem}")),
            });
        }
        let group = Target::code_deploy(&deployment.group);
        for target in [content.carrier(&deployment.group), group] {
            let Some(name) = self.store.guard_of(&target.key()).await? else { continue };
            if let Ok(policy) = self.stored_policy(&name).await?
                && policy.target.as_ref().is_some_and(|named| named.key() == target.key())
            {
                return Ok(by(policy));
            }
        }
        Ok(Guarded::Nobody("no tag tidegate:policy and no policy in guard mode names it".to_owned()))
    }

    async fn adopt(
        &self,
        deployment: &Deployment,
        content: &Content,
        policy: Policy,
    ) -> Result<Answer, Fault> {
        let target = content.carrier(&deployment.group);
        let policy = policy.following(steps_of(&deployment.config));
        let moves = CodeDeploy {
            id: Some(deployment.id.clone()),
            target_groups: deployment.target_groups.clone(),
            ..CodeDeploy::of(deployment.group.clone(), deployment.platform)
        };
        let asked = Asked {
            id: RolloutId::of_deployment(&target, &deployment.id),
            target,
            mover: Mover::CodeDeploy(Box::new(moves)),
            stable: content.stable().cloned(),
            candidate: content.candidate().clone(),
            policy,
            request: Request {
                by: format!("CodeDeploy {}", deployment.id),
                automatic: true,
                ..Request::default()
            },
        };
        self.engine.admit(asked, None).await
    }

    /// What a request is about: what carries the traffic, who moves it, and what it is to be moved to. A request for a deployment
    /// names a group; what carries its traffic says the group.
    pub(crate) async fn resolved(
        &self,
        asked: Target,
        version: Version,
    ) -> Result<Result<(Target, Mover, Version), String>, Fault> {
        if asked.kind() != kinds::code_deploy::KIND.name {
            return Ok(Ok((asked, Mover::Tidegate, version)));
        }
        let group = Group {
            application: asked.setting("application").to_owned(),
            name: asked.setting("group").to_owned(),
        };
        let facts = match self.deployments.group(&group).await {
            Ok(facts) => facts,
            Err(fault) if fault.may_pass() => return Err(fault),
            Err(fault) => return Ok(Err(format!("detail.target.codeDeploy: {fault}"))),
        };
        let (function, alias) = (asked.setting("function"), asked.setting("alias"));
        let target = match (facts.platform, facts.service) {
            (Platform::Lambda, _) if function.is_empty() || alias.is_empty() => {
                return Ok(Err(format!(
                    "detail.target.codeDeploy: group {group} deploys to Lambda; name its function and its alias too"
                )));
            }
            (Platform::Lambda, _) => Target::lambda(function, alias),
            (Platform::Ecs, Some((cluster, service))) => Target::ecs(cluster, service),
            (Platform::Ecs, None) => {
                return Ok(Err(format!("detail.target.codeDeploy: group {group} names no ECS service")));
            }
            (Platform::Server, _) => Target::code_deploy(&group),
        };
        let (asked, version) = match facts.platform {
            Platform::Ecs => task_definition(asked, version),
            Platform::Lambda | Platform::Server => (asked, version),
        };
        let moves = CodeDeploy {
            asked: Some(asked),
            has_alarms: facts.has_alarms,
            target_groups: facts.target_groups,
            ..CodeDeploy::of(group, facts.platform)
        };
        Ok(Ok((target, Mover::CodeDeploy(Box::new(moves)), version)))
    }
}

fn by(policy: Policy) -> Guarded {
    if policy.mode == Mode::Guard {
        Guarded::By(Box::new(policy))
    } else {
        Guarded::Nobody(format!("policy {} drives; it guards no deployments of others", policy.name))
    }
}

/// A task definition goes by `family:revision`; where its whole ARN was named, the deployment is asked for with that.
fn task_definition(asked: Target, version: Version) -> (Target, Version) {
    match kinds::ecs::task_definition(&version.0) {
        Some(short) if short != version.0 => {
            (asked.with("taskDefinition", &version.0), Version(short.to_owned()))
        }
        Some(_) | None => (asked, version),
    }
}
