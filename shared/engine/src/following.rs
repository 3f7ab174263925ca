//! Following: what is read of a rollout's target and of the deployment that moves its traffic.

use tidegate_domain::deployment::{
    CodeDeploy, Deployment, DeploymentId, DeploymentStatus, Platform, description,
};
use tidegate_domain::rollout::{Phase, Rollout};
use tidegate_domain::target::{Fence, Observed, Routing};
use tidegate_domain::trigger::Followed;
use tidegate_domain::units::Span;

use crate::ports::{Deployments, Fault, FaultKind, Routers};

/// A deployment is looked for that began so long ago at most: CodeDeploy waits two days before it ends an old version, and
/// moves traffic for as long.
pub(crate) const LONGEST_DEPLOYMENT: Span = Span::hours(4 * 24);

/// A target as it was read, and the deployment that moves its traffic.
pub(crate) struct Read {
    pub(crate) routing: Result<Observed, Fault>,
    pub(crate) deployment: Result<Option<Followed>, Fault>,
}

/// Reads a rollout's target, and the deployment that moves its traffic, where one does.
pub(crate) async fn read(routers: &Routers, deployments: &dyn Deployments, rollout: &Rollout) -> Read {
    let Some(moves) = rollout.mover.code_deploy() else {
        return Read { routing: routed(routers, rollout).await, deployment: Ok(None) };
    };
    let id = match identified(deployments, rollout, moves).await {
        Ok(Some(id)) => id,
        Ok(None) => {
            return Read {
                routing: before(routers, deployments, rollout, moves).await,
                deployment: Ok(None),
            };
        }
        Err(fault) => return Read { routing: Err(not_read(rollout)), deployment: Err(fault) },
    };
    match moves.platform {
        // The deployment first: an alias that is read later is never behind what its deployment says.
        Platform::Lambda => {
            let deployment = alias(deployments, &id).await.map(Some);
            Read { routing: routed(routers, rollout).await, deployment }
        }
        Platform::Ecs | Platform::Server => match whole(deployments, &id).await {
            Ok((followed, deployment)) => {
                let routing = of_deployment(rollout, moves, &followed, &deployment);
                Read { routing, deployment: Ok(Some(followed)) }
            }
            Err(fault) => Read { routing: Err(not_read(rollout)), deployment: Err(fault) },
        },
    }
}

async fn routed(routers: &Routers, rollout: &Rollout) -> Result<Observed, Fault> {
    routers.of(&rollout.target)?.observe(&rollout.target).await
}

/// The deployment, where there is one. On the way back it is looked for: whoever started it may not have been able to say so.
async fn identified(
    deployments: &dyn Deployments,
    rollout: &Rollout,
    moves: &CodeDeploy,
) -> Result<Option<DeploymentId>, Fault> {
    let goes_back = matches!(rollout.phase, Phase::RollingBack(_) | Phase::Stuck(_));
    match &moves.id {
        Some(id) => Ok(Some(id.clone())),
        None if goes_back => deployments.find(&moves.group, &description(&rollout.id), rollout.created).await,
        None => Ok(None),
    }
}

/// The target before its deployment is started.
async fn before(
    routers: &Routers,
    deployments: &dyn Deployments,
    rollout: &Rollout,
    moves: &CodeDeploy,
) -> Result<Observed, Fault> {
    if moves.platform == Platform::Lambda {
        return routed(routers, rollout).await;
    }
    let current = deployments.group(&moves.group).await?.current;
    let current = current.or_else(|| rollout.stable.clone()).ok_or_else(|| {
        let nothing = FaultKind::Missing("nothing was deployed before".to_owned());
        Fault::new(format!("deployment group {}", moves.group), nothing)
    })?;
    Ok(Observed { routing: Routing::all(&current), fence: Fence(moves.group.to_string()) })
}

async fn alias(deployments: &dyn Deployments, id: &DeploymentId) -> Result<Followed, Fault> {
    let standing = deployments.standing(id).await?;
    let way_back = way_back(deployments, standing.taken_back_by.as_ref()).await?;
    Ok(Followed { standing, target_groups: None, way_back })
}

async fn whole(deployments: &dyn Deployments, id: &DeploymentId) -> Result<(Followed, Deployment), Fault> {
    let deployment = deployments.get(id).await?;
    let way_back = way_back(deployments, deployment.taken_back_by.as_ref()).await?;
    let target_groups = deployment.target_groups.clone();
    Ok((Followed { standing: deployment.standing(), target_groups, way_back }, deployment))
}

async fn way_back(
    deployments: &dyn Deployments,
    id: Option<&DeploymentId>,
) -> Result<Option<DeploymentStatus>, Fault> {
    match id {
        Some(id) => Ok(Some(deployments.standing(id).await?.status)),
        None => Ok(None),
    }
}

/// How a deployment says that it divides the traffic. Instances that another deployment took back are told by that one alone.
fn of_deployment(
    rollout: &Rollout,
    moves: &CodeDeploy,
    followed: &Followed,
    deployment: &Deployment,
) -> Result<Observed, Fault> {
    let is_back =
        moves.platform == Platform::Server && followed.way_back == Some(DeploymentStatus::Succeeded);
    let stable = rollout.stable.as_ref().filter(|_| is_back).map(Routing::all);
    let routing = stable.or_else(|| deployment.routing()).ok_or_else(|| {
        Fault::new(
            format!("deployment {}", deployment.id),
            FaultKind::Missing("it says nothing of its traffic yet".to_owned()),
        )
    })?;
    Ok(Observed { routing, fence: Fence(format!("{} {}", deployment.id, deployment.status)) })
}

fn not_read(rollout: &Rollout) -> Fault {
    Fault::new(rollout.target.to_string(), FaultKind::Missing("its deployment could not be read".to_owned()))
}
