//! The life of an instance in the browser, and of what belongs to it: a security group and its rules, an Elastic IP.

use base64::Engine;

use super::chromium::{Chromium, Scripts};
use super::forms::{refusal_at, says_the_same};
use super::site::{FURNITURE, Site};

/// Loads a path until an element has these words: without JavaScript, that is how one waits.
#[track_caller]
fn reload_until(browser: &Chromium, path: &str, selector: &str, words: &str) {
    browser.until(words, || {
        browser.visit(path);
        browser.text(selector).contains(words)
    });
}

/// From a group to a terminated instance, by what the pages show.
fn live_through(site: &Site, browser: &Chromium) {
    site.done(
        "CreateKeyPair",
        &[("KeyName", "mine"), ("KeyType", "ed25519")],
    );
    browser.visit("/security-groups");
    browser.press("Create security group");
    browser.write("#field-GroupName", "ssh-for-me");
    browser.write("#field-GroupDescription", "SSH from here");
    browser.click("#submit");
    browser.see("main", "ssh-for-me");
    let groups = site.done("DescribeSecurityGroups", &[("GroupName.1", "ssh-for-me")]);
    let group = groups.first("groupId").to_owned();
    browser.visit(&format!("/security-groups/{group}/edit-inbound"));
    browser.press("Add rule");
    browser.choose("#field-Rule-1-Type", "ssh");
    browser.choose("#field-Rule-1-Source", "my-ip");
    browser.click("#submit");
    browser.arrive(&format!("/security-groups/{group}"));
    browser.see("main", "127.0.0.1/32");
    let groups = site.done("DescribeSecurityGroups", &[("GroupId.1", &group)]);
    assert_eq!(groups.first("cidrIp"), "127.0.0.1/32");
    assert_eq!(groups.first("fromPort"), "22");

    browser.visit("/instances");
    browser.press("Launch instances");
    browser.write("#field-Name", "web");
    browser.choose("#field-KeyName", "mine");
    browser.click("#field-Firewall-existing");
    browser.click(&format!("input[value={group}]"));
    browser.click("#submit");
    browser.see("h1", "Success");
    reload_until(browser, &browser.path(), "#launched", "It runs.");
    let instances = site.done("DescribeInstances", &[]);
    let id = instances.first("instanceId").to_owned();
    browser.press("Connect to instance");
    let example = browser.text("#example");
    let port = site.served.ssh_port;
    let address = instances.first("ipAddress");
    assert_eq!(
        example,
        format!("ssh -i \"mine.pem\" -p {port} ec2-user@{address}")
    );

    // What was chosen is done; what cannot be taken back is asked for first.
    let choose = format!("#choose-{id}");
    let row = format!("#row-{id}");
    browser.visit("/instances");
    browser.click("#do-stop");
    browser.see("#refused", "No instances specified");
    browser.click(&choose);
    browser.click("#do-stop");
    browser.click("#submit");
    browser.arrive("/instances");
    reload_until(browser, "/instances", &row, "Stopped");
    browser.click(&choose);
    browser.click("#do-start");
    browser.see("#notice", "Starting");
    reload_until(browser, "/instances", &row, "Running");

    browser.visit("/elastic-ips");
    browser.press("Allocate Elastic IP address");
    browser.click("#submit");
    browser.arrive("/elastic-ips");
    let given = site.done("DescribeAddresses", &[]);
    let (address, allocation) = (given.first("publicIp"), given.first("allocationId"));
    browser.visit("/elastic-ips");
    browser.click(&format!("#associate-{allocation}"));
    browser.choose("#field-InstanceId", &id);
    browser.click("#submit");
    browser.see("tbody", &id);
    reload_until(browser, "/instances", &row, address);
    browser.visit("/elastic-ips");
    browser.click(&format!("#disassociate-{allocation}"));
    browser.click("#submit");
    browser.click(&format!("#release-{allocation}"));
    browser.click("#submit");
    browser.arrive("/elastic-ips");
    assert_eq!(site.done("DescribeAddresses", &[]).first("publicIp"), "");

    browser.visit("/instances");
    browser.click(&choose);
    browser.click("#do-terminate");
    browser.see("h1", "?");
    browser.click("#submit");
    browser.arrive("/instances");
    reload_until(browser, "/instances", &row, "Terminated");
    browser.visit(&format!("/security-groups/{group}/delete"));
    browser.click("#submit");
    browser.arrive("/security-groups");
    let left = site.done("DescribeSecurityGroups", &[]);
    assert!(!left.body.contains(&group), "{}", left.body);
}

#[test]
fn an_instance_is_launched_stopped_started_given_an_address_and_terminated() {
    let site = Site::open();
    live_through(&site, &site.browser(Scripts::On));
}

#[test]
fn the_same_can_be_done_without_javascript() {
    let site = Site::open();
    live_through(&site, &site.browser(Scripts::Off));
}

#[test]
fn an_instances_state_changes_in_the_open_page() {
    let site = Site::with(FURNITURE);
    let instances = site.done("DescribeInstances", &[]);
    let id = instances.first("instanceId").to_owned();
    let browser = site.browser(Scripts::On);
    browser.visit("/instances");
    browser.see("tbody", "Running");
    browser.script("window.isTheSamePage = true;", Vec::new());
    // A row that was ticked stays ticked.
    browser.click(&format!("#choose-{id}"));
    site.done("StopInstances", &[("InstanceId.1", &id)]);
    browser.see("tbody", "Stopped");
    site.done("StartInstances", &[("InstanceId.1", &id)]);
    browser.see("tbody", "Running");
    let ticked = "return document.querySelector('tbody input').checked;";
    assert_eq!(browser.script(ticked, Vec::new()), true);
    let news = browser.script(
        "return document.getElementById('news').textContent;",
        Vec::new(),
    );
    assert!(news.as_str().unwrap().contains("(web): Running"), "{news}");
    assert_eq!(
        browser.script("return window.isTheSamePage;", Vec::new()),
        true
    );

    browser.visit(&format!("/instances/{id}"));
    browser.see("#state", "Running");
    site.aws(&format!("ec2 stop-instances --instance-ids {id}"));
    browser.see("#state", "Stopped");
}

#[test]
fn tags_are_managed_termination_is_protected_and_user_data_is_given() {
    let site = Site::with(FURNITURE);
    let answer = site.done("DescribeInstances", &[]);
    let id = answer.first("instanceId").to_owned();
    let browser = site.browser(Scripts::On);
    let tags = |of: &str| {
        site.aws(&format!(
            "ec2 describe-tags --filters Name=resource-id,Values={of} --query Tags[].[Key,Value] --output text"
        ))
    };

    // One is changed, one added, one taken away.
    site.aws(&format!(
        "ec2 create-tags --resources {id} --tags Key=old,Value=1"
    ));
    browser.visit(&format!("/instances/{id}/tags"));
    browser.press("Manage tags");
    browser.press("Add tag");
    browser.see("legend", "Tags");
    let row = |key: &str| {
        let found = (1..=3).find(|number| browser.value(&format!("#tag-{number}-key")) == key);
        found.unwrap()
    };
    let (name, old) = (row("Name"), row("old"));
    browser.write(&format!("#tag-{name}-value"), "web-2");
    browser.write(&format!("#tag-{old}-key"), "");
    browser.write("#tag-3-key", "aws:mine");
    browser.press("Save");
    let at = "field-TagSpecification-1-Tag";
    let error = refusal_at(&browser, at, "InvalidParameterValue", "a key of AWS's own");
    let fields = [("ResourceId.1", id.as_str()), ("Tag.1.Key", "aws:mine")];
    let refused = site.ask("CreateTags", &fields);
    says_the_same(
        &refused,
        "InvalidParameterValue",
        &error,
        "a key of AWS's own",
    );
    let barriers = browser.barriers();
    assert!(barriers.is_empty(), "{barriers}");
    assert!(tags(&id).contains("old\t1"), "nothing has changed yet");
    browser.write("#tag-3-key", "team");
    browser.write("#tag-3-value", "blue");
    browser.press("Save");
    browser.see("#notice", "were saved");
    browser.arrive(&format!("/instances/{id}/tags"));
    assert_eq!(tags(&id), "Name\tweb-2\nteam\tblue");

    let pairs = site.done("DescribeKeyPairs", &[]);
    let pair = pairs.first("keyPairId").to_owned();
    browser.visit("/key-pairs");
    browser.click(&format!("#tags-{pair}"));
    browser.press("Add tag");
    browser.write("#tag-1-key", "owner");
    browser.press("Save");
    browser.see("#key-pairs", "owner");
    let groups = site.done("DescribeSecurityGroups", &[("GroupName.1", "ssh")]);
    let group = groups.first("groupId").to_owned();
    browser.visit(&format!("/security-groups/{group}"));
    browser.click("#manage-tags");
    browser.press("Add tag");
    browser.write("#tag-1-key", "door");
    browser.press("Save");
    browser.see("#details", "door");

    // A protected instance stays.
    browser.visit(&format!("/instances/{id}"));
    browser.see("#details", "Disabled");
    browser.click("#change-protection");
    browser.click("#field-DisableApiTermination");
    browser.press("Save");
    browser.see("#notice", "Termination protection of");
    browser.see("#details", "Enabled");
    let kept = site.ask("TerminateInstances", &[("InstanceId.1", &id)]);
    assert_eq!(kept.first("Code"), "OperationNotPermitted", "{}", kept.body);
    browser.click("#change-protection");
    browser.click("#field-DisableApiTermination");
    browser.press("Save");
    browser.see("#details", "Disabled");
    site.done("TerminateInstances", &[("InstanceId.1", &id)]);

    // A launch takes a script along, of the length that AWS takes.
    browser.visit("/instances/launch");
    browser.choose("#field-KeyName", " none");
    browser.click("#advanced summary");
    browser.write("#field-UserData", &"#".repeat(16_385));
    browser.press("Launch instance");
    let code = "InvalidParameterValue";
    let error = refusal_at(&browser, "field-UserData", code, "too long");
    assert!(error.contains("limited to 16384 bytes"), "{error}");
    let script = "#!/bin/sh\ntouch /tmp/here";
    browser.write("#field-UserData", script);
    browser.press("Launch instance");
    browser.see("h1", "Success");
    let launched = site.aws(
        "ec2 describe-instances --filters Name=instance-state-name,Values=pending,running --query Reservations[].Instances[].InstanceId --output text",
    );
    let fields = [("InstanceId", launched.as_str()), ("Attribute", "userData")];
    let answer = site.done("DescribeInstanceAttribute", &fields);
    let sent = base64::engine::general_purpose::STANDARD
        .decode(answer.first("value"))
        .unwrap();
    assert_eq!(String::from_utf8(sent).unwrap(), script);
}
