//! Wires feature-flag to AWS.

use tidegate_aws::runtime::{Failed, run};
use tidegate_feature_flag::{FeatureFlag, Needs};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failed> {
    run(|aws| {
        FeatureFlag::new(Needs { store: aws.store(), flags: aws.flags(), bus: aws.bus(), clock: aws.clock() })
    })
    .await
}
