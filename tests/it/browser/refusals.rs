//! What a launch, a security group's rules and an Elastic IP are refused for stands at the field, in the API's own words.

use std::collections::BTreeSet;

use serde_json::json;

use super::chromium::{Chromium, Scripts};
use super::eyes::WIDTHS;
use super::forms::{refusal_at, says_the_same};
use super::site::{FURNITURE, Site};
use crate::served::Answer;

/// Changes what a choice sends, as somebody can who writes their own forms.
fn forge(browser: &Chromium, selector: &str, value: &str) {
    let script =
        "const [selector, value] = arguments; const list = document.querySelector(selector);
        list.selectedOptions[0].value = value;";
    browser.script(script, vec![json!(selector), json!(value)]);
}

/// Asks for an instance by the API.
fn run(site: &Site, fields: &[(&str, &str)]) -> Answer {
    site.ask("RunInstances", fields)
}

#[test]
fn every_refusal_of_a_launch_stands_at_its_field_in_the_apis_words() {
    let site = Site::with(FURNITURE);
    for number in 1..=5 {
        let name = format!("g{number}");
        site.done(
            "CreateSecurityGroup",
            &[("GroupName", &name), ("GroupDescription", "d")],
        );
    }
    let browser = site.browser(Scripts::On);
    browser.resize(WIDTHS[2]);
    let page = "/instances/launch";
    let start = || {
        browser.visit(page);
        browser.write("#field-Name", "web");
    };
    let image = {
        start();
        browser.value("#field-ImageId")
    };
    let order = |change: &[(&str, &str)]| {
        let usual = [
            ("ImageId", image.as_str()),
            ("InstanceType", "t3.micro"),
            ("MinCount", "1"),
            ("MaxCount", "1"),
        ];
        let mut all: Vec<(String, String)> = Vec::new();
        for (name, value) in usual.iter().chain(change) {
            all.retain(|(one, _)| one != name);
            all.push(((*name).to_owned(), (*value).to_owned()));
        }
        all
    };
    let refused = |at: &str, code: &str, change: &[(&str, &str)]| {
        browser.press("Launch instance");
        let about = format!("{at} {change:?}");
        let error = refusal_at(&browser, at, code, &about);
        if !change.is_empty() {
            let order = order(change);
            let order: Vec<_> = order
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .collect();
            says_the_same(&run(&site, &order), code, &error, &about);
        }
        assert_eq!(browser.path(), page, "{about}");
        let barriers = browser.barriers();
        assert!(barriers.is_empty(), "{about}: {barriers}");
    };

    // The API has no word about a choice that it does not know of.
    start();
    refused("field-KeyName", "GroundSchool.NotChosen", &[]);
    assert_eq!(browser.value("#field-Name"), "web");
    browser.picture("launch-refused-desktop-light");
    let without_key = || {
        start();
        browser.choose("#field-KeyName", " none");
    };

    let long = "n".repeat(257);
    without_key();
    browser.write("#field-Name", &long);
    let tag = [
        ("TagSpecification.1.ResourceType", "instance"),
        ("TagSpecification.1.Tag.1.Key", "Name"),
        ("TagSpecification.1.Tag.1.Value", long.as_str()),
    ];
    refused("field-Name", "InvalidParameterValue", &tag);

    without_key();
    forge(&browser, "#field-ImageId", "ami-0123456789abcdef0");
    refused(
        "field-ImageId",
        "InvalidAMIID.NotFound",
        &[("ImageId", "ami-0123456789abcdef0")],
    );

    without_key();
    forge(&browser, "#field-InstanceType", "t9.huge");
    refused(
        "field-InstanceType",
        "InvalidParameterValue",
        &[("InstanceType", "t9.huge")],
    );
    without_key();
    forge(&browser, "#field-InstanceType", "t4g.micro");
    refused(
        "field-InstanceType",
        "InvalidParameterValue",
        &[("InstanceType", "t4g.micro")],
    );

    start();
    browser.choose("#field-KeyName", "testkeypair");
    forge(&browser, "#field-KeyName", "gone");
    refused(
        "field-KeyName",
        "InvalidKeyPair.NotFound",
        &[("KeyName", "gone")],
    );

    without_key();
    browser.write("#field-MaxCount", "0");
    refused(
        "field-MaxCount",
        "InvalidParameterValue",
        &[("MinCount", "0"), ("MaxCount", "0")],
    );
    assert_eq!(browser.value("#field-MaxCount"), "0");

    // One group more than an instance may have.
    without_key();
    browser.click("#field-Firewall-existing");
    let answer = site.done("DescribeSecurityGroups", &[]);
    // A group that lets itself in is named twice.
    let groups: BTreeSet<&str> = answer.all("groupId").collect();
    let groups: Vec<&str> = groups.into_iter().take(6).collect();
    assert_eq!(groups.len(), 6);
    for group in &groups {
        browser.click(&format!("input[value={group}]"));
    }
    let names: Vec<String> = (1..=6)
        .map(|number| format!("SecurityGroupId.{number}"))
        .collect();
    let fields: Vec<(&str, &str)> = names.iter().map(String::as_str).zip(groups).collect();
    refused(
        "field-SecurityGroupId",
        "SecurityGroupsPerInstanceLimitExceeded",
        &fields,
    );
    let ticked = "return document.querySelectorAll('#field-SecurityGroupId input:checked').length;";
    assert_eq!(browser.script(ticked, Vec::new()), 6);

    // A source that is none: the new group goes with it.
    without_key();
    browser.choose("#field-SshFrom", "custom");
    browser.write("#field-CidrIp", "home");
    browser.press("Launch instance");
    let error = refusal_at(&browser, "field-CidrIp", "InvalidParameterValue", "home");
    assert!(error.contains("CIDR block home is malformed"), "{error}");
    let groups = site.done("DescribeSecurityGroups", &[]);
    assert!(!groups.body.contains("launch-wizard"), "{}", groups.body);
    let instances = site.done("DescribeInstances", &[]);
    assert_eq!(instances.all("instanceId").count(), 1);
}

/// The group `ssh` of the furniture, and what it lets in.
fn group(site: &Site) -> (String, String) {
    let groups = site.done("DescribeSecurityGroups", &[("GroupName.1", "ssh")]);
    let id = groups.first("groupId").to_owned();
    (id.clone(), rules(site, &id))
}

fn rules(site: &Site, group: &str) -> String {
    let fields = [
        ("Filter.1.Name", "group-id"),
        ("Filter.1.Value.1", group),
        ("MaxResults", "1000"),
    ];
    let answer = site.done("DescribeSecurityGroupRules", &fields);
    let rules = answer.body.split("<securityGroupRuleSet>").nth(1);
    rules.unwrap().to_owned()
}

/// A rule by the API.
fn authorize(site: &Site, group: &str, port: &str, range: &str) -> Answer {
    let fields = [
        ("GroupId", group),
        ("IpPermissions.1.IpProtocol", "tcp"),
        ("IpPermissions.1.FromPort", port),
        ("IpPermissions.1.ToPort", port),
        ("IpPermissions.1.IpRanges.1.CidrIp", range),
    ];
    site.ask("AuthorizeSecurityGroupIngress", &fields)
}

#[test]
fn every_refusal_of_a_groups_rules_stands_at_its_row_in_the_apis_words() {
    let site = Site::with(FURNITURE);
    let (group, before) = group(&site);
    let browser = site.browser(Scripts::On);
    browser.resize(WIDTHS[2]);
    let page = format!("/security-groups/{group}/edit-inbound");
    for (port, range, at, code) in [
        ("22", "home", "Peer", "InvalidParameterValue"),
        ("22", "203.0.113.300/32", "Peer", "InvalidParameterValue"),
        ("70000", "203.0.113.7/32", "Ports", "InvalidParameterValue"),
        ("ssh", "203.0.113.7/32", "Ports", "InvalidParameterValue"),
        ("22", "0.0.0.0/0", "Peer", "InvalidPermission.Duplicate"),
    ] {
        browser.visit(&page);
        browser.press("Add rule");
        browser.write("#field-Rule-2-Ports", port);
        browser.write("#field-Rule-2-Peer", range);
        browser.press("Save rules");
        let about = format!("{port} from {range}");
        let error = refusal_at(&browser, &format!("field-Rule-2-{at}"), code, &about);
        says_the_same(&authorize(&site, &group, port, range), code, &error, &about);
        assert_eq!(browser.value("#field-Rule-2-Ports"), port, "{about}");
        assert_eq!(browser.value("#field-Rule-2-Peer"), range, "{about}");
        assert_eq!(rules(&site, &group), before, "{about}");
    }
    let barriers = browser.barriers();
    assert!(barriers.is_empty(), "{barriers}");
    browser.picture("edit-inbound-refused-desktop-light");
}

#[test]
fn a_full_group_is_refused_one_rule_more_and_keeps_what_others_added() {
    let site = Site::with(FURNITURE);
    let (group, _) = group(&site);
    for number in 1..=58 {
        let range = format!("10.0.0.{number}/32");
        assert_eq!(authorize(&site, &group, "22", &range).status, 200);
    }
    let browser = site.browser(Scripts::On);
    browser.visit(&format!("/security-groups/{group}/edit-inbound"));
    browser.press("Add rule");
    browser.write("#field-Rule-60-Ports", "22");
    browser.write("#field-Rule-60-Peer", "203.0.113.7/32");
    // Somebody else is quicker.
    assert_eq!(authorize(&site, &group, "22", "10.0.0.59/32").status, 200);
    let before = rules(&site, &group);
    browser.press("Save rules");
    let code = "RulesPerSecurityGroupLimitExceeded";
    let error = refusal_at(&browser, "field-Rule-60-Type", code, "the 61st rule");
    let answer = authorize(&site, &group, "22", "203.0.113.7/32");
    says_the_same(&answer, code, &error, "the 61st rule");
    assert_eq!(rules(&site, &group), before);
    assert!(before.contains("10.0.0.59/32"), "{before}");
    // With one of them taken away there is room for it.
    browser.click("#delete-1");
    browser.see("legend", "Rule 59");
    browser.press("Save rules");
    browser.see("#notice", "were saved");
    let after = rules(&site, &group);
    assert!(
        after.contains("203.0.113.7/32") && after.contains("10.0.0.59/32"),
        "{after}"
    );
}

#[test]
fn a_change_that_is_refused_half_way_says_what_was_done_and_what_was_not() {
    // The rehearsal passes, and then AWS has a bad moment.
    let site = Site::meeting(
        FURNITURE,
        &[
            "slow:1ms:RevokeSecurityGroupIngress:1",
            "RequestLimitExceeded:RevokeSecurityGroupIngress:1",
        ],
    );
    let (group, _) = group(&site);
    let browser = site.browser(Scripts::On);
    browser.visit(&format!("/security-groups/{group}/edit-inbound"));
    let gone = browser.value("input[name='Rule.1.Id']");
    browser.press("Add rule");
    browser.choose("#field-Rule-2-Type", "https");
    browser.choose("#field-Rule-2-Source", "anywhere-ipv4");
    browser.click("#delete-1");
    browser.see("legend", "Rule 1");
    browser.until("one row is left", || !browser.has("#delete-2"));
    browser.press("Save rules");
    browser.see("#refused", "Done in part. RequestLimitExceeded");
    browser.see(
        "#half",
        &format!("Already added: rule 1. Not taken away: {gone}."),
    );
    let now = rules(&site, &group);
    assert!(
        now.contains("<fromPort>443</fromPort>") && now.contains(&gone),
        "{now}"
    );
    let barriers = browser.barriers();
    assert!(barriers.is_empty(), "{barriers}");
    // Sent again, the form does what is left.
    browser.press("Save rules");
    browser.see("#notice", "were saved");
    let now = rules(&site, &group);
    assert!(
        now.contains("<fromPort>443</fromPort>") && !now.contains(&gone),
        "{now}"
    );
}

#[test]
fn every_refusal_about_an_elastic_ip_stands_at_its_field_in_the_apis_words() {
    let site = Site::with(FURNITURE);
    // Without JavaScript the list of instances stays as it was when the page was loaded.
    let browser = site.browser(Scripts::Off);
    let given = site.done("AllocateAddress", &[]);
    let address = given.first("allocationId");
    let page = format!("/elastic-ips/{address}/associate");
    let instances = site.done("DescribeInstances", &[]);
    let id = instances.first("instanceId").to_owned();
    let associate = |instance: &str| {
        let fields = [("AllocationId", address), ("InstanceId", instance)];
        site.ask(
            "AssociateAddress",
            &fields[..=usize::from(!instance.is_empty())],
        )
    };

    browser.visit(&page);
    browser.click("#submit");
    let error = refusal_at(&browser, "field-InstanceId", "MissingParameter", "none");
    says_the_same(&associate(""), "MissingParameter", &error, "none");

    // AWS gives a stopped one its address; one that is terminated while the form is open gets none.
    site.done("StopInstances", &[("InstanceId.1", &id)]);
    browser.visit(&page);
    browser.choose("#field-InstanceId", &id);
    browser.click("#submit");
    browser.see("#notice", &format!("is now that of instance {id}"));
    browser.visit(&format!("/elastic-ips/{address}/disassociate"));
    browser.click("#submit");
    browser.see("#notice", "was disassociated");
    browser.visit(&page);
    browser.choose("#field-InstanceId", &id);
    site.done("TerminateInstances", &[("InstanceId.1", &id)]);
    browser.click("#submit");
    let answer = associate(&id);
    let code = answer.first("Code").to_owned();
    let error = refusal_at(&browser, "field-InstanceId", &code, "terminated");
    says_the_same(&answer, &code, &error, "terminated");

    for _ in 0..4 {
        site.done("AllocateAddress", &[]);
    }
    browser.visit("/elastic-ips/allocate");
    browser.click("#submit");
    let code = "AddressLimitExceeded";
    let error = refusal_at(&browser, "field-Domain", code, "the sixth");
    says_the_same(&site.ask("AllocateAddress", &[]), code, &error, "the sixth");
    let browser = site.browser(Scripts::On);
    browser.resize(WIDTHS[2]);
    browser.visit("/elastic-ips/allocate");
    browser.click("#submit");
    refusal_at(&browser, "field-Domain", code, "the sixth");
    let barriers = browser.barriers();
    assert!(barriers.is_empty(), "{barriers}");
    browser.picture("allocate-refused-desktop-light");
    assert_eq!(
        site.done("DescribeAddresses", &[]).all("publicIp").count(),
        5
    );
}
