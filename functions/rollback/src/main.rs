//! Wires rollback to AWS.

use tidegate_aws::runtime::{Failed, run};
use tidegate_rollback::{Needs, Rollback};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    run(|aws| {
        Rollback::new(Needs {
            store: aws.store(),
            routers: aws.routers(),
            deployments: aws.deployments(),
            bus: aws.bus(),
            clock: aws.clock(),
        })
    })
    .await
}
