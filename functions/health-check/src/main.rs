//! Wires health-check to AWS.

use tidegate_aws::runtime::{Failed, run};
use tidegate_health_check::{HealthCheck, Needs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    run(|aws| {
        HealthCheck::new(Needs {
            store: aws.store(),
            routers: aws.routers(),
            deployments: aws.deployments(),
            probe: aws.probe(),
            metrics: aws.metrics(),
            alarms: aws.alarms(),
            bus: aws.bus(),
            clock: aws.clock(),
        })
    })
    .await
}
