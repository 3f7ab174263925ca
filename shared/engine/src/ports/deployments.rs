//! Deployments that CodeDeploy makes, and the asking of versions before they get any traffic.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;
use tidegate_domain::check::Answer;
use tidegate_domain::deployment::{Deployment, DeploymentId, Group, GroupFacts, Order, Standing, Wait};
use tidegate_domain::units::Span;

use super::{Fault, Tagged};

/// CodeDeploy's deployments. A call that is made a second time has an effect once: what is over or answered already is no fault.
#[async_trait]
pub trait Deployments: Send + Sync {
    /// Where a deployment stands now.
    async fn standing(&self, id: &DeploymentId) -> Result<Standing, Fault>;

    /// All of a deployment.
    async fn get(&self, id: &DeploymentId) -> Result<Deployment, Fault>;

    /// What a group says of itself.
    async fn group(&self, group: &Group) -> Result<GroupFacts, Fault>;

    /// The deployments of this account and region that were created since then and are not over.
    async fn under_way(&self, since: Timestamp) -> Result<Vec<DeploymentId>, Fault>;

    /// Those of one group.
    async fn under_way_in(&self, group: &Group) -> Result<Vec<DeploymentId>, Fault>;

    /// The deployment of a group with exactly this description, created since then.
    async fn find(
        &self,
        group: &Group,
        description: &str,
        since: Timestamp,
    ) -> Result<Option<DeploymentId>, Fault>;

    /// Creates a deployment, and its configuration where there is none of that name. CodeDeploy has no client token: whoever
    /// calls this looks with [`Deployments::find`] first.
    async fn start(&self, order: &Order, description: &str) -> Result<DeploymentId, Fault>;

    /// Ends a wait.
    async fn go_on(&self, id: &DeploymentId, wait: Wait) -> Result<(), Fault>;

    /// Stops a deployment and has CodeDeploy take the traffic back.
    async fn stop(&self, id: &DeploymentId) -> Result<(), Fault>;

    /// Answers a lifecycle hook.
    async fn answer_hook(&self, id: &DeploymentId, execution: &str, passed: bool) -> Result<(), Fault>;

    /// What the tags of the deployment's group say of Tidegate, or those of its ECS service.
    async fn tagged(&self, deployment: &Deployment) -> Result<Option<Tagged>, Fault>;
}

/// An HTTP request to ask.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpRequest {
    /// The URL.
    pub url: String,
    /// The method.
    pub method: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Option<String>,
}

/// Asks versions before they get any traffic. No answer in time is an answer: one with an error.
#[async_trait]
pub trait Probe: Send + Sync {
    /// Invokes a function, or a version or alias of it, and waits for its answer.
    async fn invoke(
        &self,
        function: &str,
        qualifier: Option<&str>,
        payload: &Value,
        timeout: Span,
    ) -> Result<Answer, Fault>;

    /// Makes an HTTP request.
    async fn http(&self, request: &HttpRequest, timeout: Span) -> Result<Answer, Fault>;
}

/// No deployments and nobody to ask.
#[derive(Debug)]
pub struct Absent;

fn absent<T>(what: &str) -> Result<T, Fault> {
    Err(Fault::new(what, super::FaultKind::Refused("there is none here".to_owned())))
}

#[async_trait]
impl Deployments for Absent {
    async fn standing(&self, _: &DeploymentId) -> Result<Standing, Fault> {
        absent("a deployment")
    }
    async fn get(&self, _: &DeploymentId) -> Result<Deployment, Fault> {
        absent("a deployment")
    }
    async fn group(&self, _: &Group) -> Result<GroupFacts, Fault> {
        absent("a deployment group")
    }
    async fn under_way(&self, _: Timestamp) -> Result<Vec<DeploymentId>, Fault> {
        Ok(Vec::new())
    }
    async fn under_way_in(&self, _: &Group) -> Result<Vec<DeploymentId>, Fault> {
        Ok(Vec::new())
    }
    async fn find(&self, _: &Group, _: &str, _: Timestamp) -> Result<Option<DeploymentId>, Fault> {
        Ok(None)
    }
    async fn start(&self, _: &Order, _: &str) -> Result<DeploymentId, Fault> {
        absent("a deployment")
    }
    async fn go_on(&self, _: &DeploymentId, _: Wait) -> Result<(), Fault> {
        absent("a deployment")
    }
    async fn stop(&self, _: &DeploymentId) -> Result<(), Fault> {
        absent("a deployment")
    }
    async fn answer_hook(&self, _: &DeploymentId, _: &str, _: bool) -> Result<(), Fault> {
        absent("a hook")
    }
    async fn tagged(&self, _: &Deployment) -> Result<Option<Tagged>, Fault> {
        Ok(None)
    }
}

#[async_trait]
impl Probe for Absent {
    async fn invoke(&self, _: &str, _: Option<&str>, _: &Value, _: Span) -> Result<Answer, Fault> {
        absent("a function")
    }
    async fn http(&self, _: &HttpRequest, _: Span) -> Result<Answer, Fault> {
        absent("a URL")
    }
}
