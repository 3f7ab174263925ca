//! Revisions: the name of a version for a place in S3 or on GitHub, and back; and the one value that is read of an AppSpec.

use aws_sdk_codedeploy::types::{
    AppSpecContent, BundleType, GitHubLocation, RevisionLocation, RevisionLocationType, S3Location,
};
use tidegate_domain::deployment::Revision;
use tidegate_domain::target::Version;

/// A place as a version: `s3://bucket/key?versionId=…`, `s3://bucket/key?eTag=…`, `github://owner/repository@commit`. `None`
/// where it is neither in S3 nor on GitHub.
pub(super) fn version(location: &RevisionLocation) -> Option<Version> {
    if let Some(S3Location { bucket: Some(bucket), key: Some(key), version, e_tag, .. }) =
        &location.s3_location
    {
        let version = version.as_ref().map(|version| format!("?versionId={version}"));
        let which = version.or_else(|| e_tag.as_ref().map(|tag| format!("?eTag={}", tag.trim_matches('"'))));
        return Some(Version(format!("s3://{bucket}/{key}{}", which.unwrap_or_default())));
    }
    let GitHubLocation { repository, commit_id, .. } = location.git_hub_location.as_ref()?;
    Some(Version(format!("github://{}@{}", repository.as_ref()?, commit_id.as_ref()?)))
}

/// The place of what an order brings; what is wrong with it otherwise.
pub(super) fn location(revision: &Revision) -> Result<RevisionLocation, String> {
    let location = RevisionLocation::builder();
    match revision {
        Revision::AppSpec(text) => {
            let content = AppSpecContent::builder().content(text).build();
            let location = location.revision_type(RevisionLocationType::AppSpecContent);
            Ok(location.app_spec_content(content).build())
        }
        Revision::Bundle(Version(name)) => {
            if let Some(place) = name.strip_prefix("s3://") {
                let location = location.revision_type(RevisionLocationType::S3);
                Ok(location.s3_location(in_s3(place).map_err(|why| format!("{name}: {why}"))?).build())
            } else if let Some((repository, commit)) =
                name.strip_prefix("github://").and_then(|place| place.rsplit_once('@'))
            {
                let place = GitHubLocation::builder().repository(repository).commit_id(commit).build();
                let location = location.revision_type(RevisionLocationType::GitHub);
                Ok(location.git_hub_location(place).build())
            } else {
                Err(format!("{name} is neither s3://bucket/key nor github://owner/repository@commit"))
            }
        }
    }
}

fn in_s3(place: &str) -> Result<S3Location, String> {
    let (place, which) = place.rsplit_once('?').unwrap_or((place, ""));
    let (bucket, key) = place.split_once('/').ok_or("it names no key")?;
    let kinds = [
        (".zip", BundleType::Zip),
        (".tar", BundleType::Tar),
        (".tgz", BundleType::TarGZip),
        (".tar.gz", BundleType::TarGZip),
        (".json", BundleType::Json),
        (".yaml", BundleType::Yaml),
        (".yml", BundleType::Yaml),
    ];
    let found = kinds.into_iter().find(|(suffix, _)| key.to_ascii_lowercase().ends_with(suffix));
    let (_, kind) = found.ok_or("its key does not say what it is; zip, tar, tgz, json or yaml")?;
    let location = S3Location::builder().bucket(bucket).key(key).bundle_type(kind);
    Ok(match which.split_once('=') {
        Some(("versionId", version)) => location.version(version).build(),
        Some(("eTag", tag)) => location.e_tag(tag).build(),
        Some((name, _)) => return Err(format!("{name:?} is neither versionId nor eTag")),
        None => location.build(),
    })
}

/// The text of an AppSpec, where the place holds it.
#[expect(deprecated, reason = "CodeDeploy took texts this way before, and answers with what it took")]
pub(super) fn app_spec(location: &RevisionLocation) -> Option<&str> {
    let content = location.app_spec_content.as_ref().and_then(|content| content.content.as_deref());
    content.or_else(|| location.string.as_ref()?.content.as_deref()).filter(|text| !text.is_empty())
}

/// The task definition that an AppSpec names. An AppSpec is YAML or JSON; in both this is one word behind its key.
pub(super) fn task_definition(app_spec: &str) -> Option<&str> {
    let quotes = ['"', '\''];
    let (_, rest) = app_spec.split_once("TaskDefinition")?;
    let value = rest.trim_start_matches(quotes).trim_start().strip_prefix(':')?.trim_start();
    let value = value.trim_start_matches(quotes);
    let end = value.find(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | ',' | '}'));
    Some(&value[..end.unwrap_or(value.len())]).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_named_and_found_by_its_name() {
        for name in [
            "s3://shop/releases/8.zip",
            "s3://shop/releases/8.tar.gz?versionId=3/L4kqtJlcpXroDTDmJ",
            "s3://shop/releases/8.tgz?eTag=39c8d0",
            "github://shop/checkout@a1b2c3",
        ] {
            let place = location(&Revision::Bundle(Version(name.to_owned()))).unwrap();
            assert_eq!(version(&place), Some(Version(name.to_owned())));
        }
        for wrong in
            ["8", "s3://shop", "s3://shop/releases/8", "s3://shop/8.zip?x=1", "github://shop/checkout"]
        {
            location(&Revision::Bundle(Version(wrong.to_owned()))).unwrap_err();
        }
    }

    #[test]
    fn the_task_definition_is_read_from_yaml_and_json() {
        let arn = "arn:aws:ecs:eu-west-1:123456789012:task-definition/shop:8";
        let yaml = format!(
            "Resources:\n - TargetService:\n     Properties:\n       TaskDefinition: \"{arn}\" # new\n"
        );
        let plain = format!("       TaskDefinition: {arn}\n       LoadBalancerInfo:\n");
        let json =
            format!("{{\"Properties\":{{\"TaskDefinition\" : \"{arn}\",\"PlatformVersion\":\"LATEST\"}}}}");
        for text in [yaml, plain, json, format!("{{TaskDefinition: {arn}}}")] {
            assert_eq!(task_definition(&text), Some(arn), "{text}");
        }
        assert_eq!(task_definition("version: 0.0\n"), None);
    }
}
