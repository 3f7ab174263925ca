//! Wires traffic-shift to AWS.

use tidegate_aws::runtime::{Failed, run};
use tidegate_traffic_shift::{Needs, TrafficShift};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    run(|aws| {
        TrafficShift::new(Needs {
            store: aws.store(),
            routers: aws.routers(),
            deployments: aws.deployments(),
            functions: aws.functions(),
            bus: aws.bus(),
            clock: aws.clock(),
        })
    })
    .await
}
