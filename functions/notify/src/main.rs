//! Wires notify to AWS.

use tidegate_aws::runtime::{Failed, run};
use tidegate_notify::{Needs, Notify};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    run(|aws| {
        Notify::new(Needs {
            store: aws.store(),
            notifier: aws.notifier(),
            bus: aws.bus(),
            clock: aws.clock(),
        })
    })
    .await
}
