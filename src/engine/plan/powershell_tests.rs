use proptest::prelude::*;
use uuid::Uuid;

use super::*;
use crate::domain::{Finding, ObjectId, Overwrite, PLAN_FORMAT, PlanContent, TenantName};

fn plan(change: Change, name: &str, address: &str) -> Plan {
    Plan::seal(PlanContent {
        format: PLAN_FORMAT.into(),
        created_at: "2026-11-20T12:00:00Z".parse().unwrap(),
        created_by: "admin@contoso.com\n; Remove-Item C:\\".into(),
        tool_version: "0.1.0".into(),
        tenant: TenantName {
            id: "11111111-2222-3333-4444-555555555555".into(),
            domain: "contoso.onmicrosoft.com".into(),
        },
        change,
        items: vec![PlanItem {
            id: ObjectId(Uuid::from_u128(7)),
            display_name: name.into(),
            primary_smtp_address: address.into(),
            findings: Vec::new(),
        }],
        already_there: 0,
        blocked: Vec::new(),
        run_findings: Vec::new(),
        irreversible: vec!["No way back.".into()],
        undo_of: None,
        overwrites: Vec::new(),
        loss_accepted: false,
    })
    .unwrap()
}

const CLOUD: Change = Change::SetAuthority {
    target: Target::Cloud,
};

#[test]
fn the_flag_is_written_alone_behind_a_switch_and_a_backup() {
    let script = powershell(&plan(CLOUD, "Jo", "jo@x.y"));
    assert!(script.contains("Set-Mailbox -Identity $id -IsExchangeCloudManaged $true -ErrorAction Stop"));
    assert!(script.contains("'00000000-0000-0000-0000-000000000007' # jo@x.y Jo"));
    let write = script.find("Set-Mailbox -Identity").unwrap();
    assert!(
        script.find("AppendAllText($backup").unwrap() < write,
        "the backup comes first"
    );
    assert!(
        script.find("elseif (-not $Apply)").unwrap() < write,
        "a trial never writes"
    );
    assert!(script.find("$connection.TenantID -ne $tenantId").unwrap() < write);
    assert!(script.contains("# Can't be undone: No way back."));
    assert!(!script.contains("DO NOT RUN"));
    for placeholder in ["@NEEDED@", "@WRITE@", "@PROVEN@", "@PARAMETER@", "@PROOF@"] {
        assert!(!script.contains(placeholder), "{placeholder}");
    }
    let back = powershell(&plan(
        Change::SetAuthority {
            target: Target::OnPremises,
        },
        "Jo",
        "jo@x.y",
    ));
    assert!(back.contains("-IsExchangeCloudManaged $false"));
}

#[test]
fn a_plan_that_may_not_run_says_so() {
    let mut content = plan(
        Change::SetAuthority {
            target: Target::OnPremises,
        },
        "Jo",
        "jo@x.y",
    )
    .content;
    content.run_findings.push(Finding {
        rule: "x".into(),
        severity: Severity::Block,
        text: "Sync is broken.".into(),
        advice: None,
    });
    content.overwrites.push(Overwrite {
        id: ObjectId(Uuid::from_u128(7)),
        primary_smtp_address: String::new(),
        attribute: String::new(),
        directory_attribute: String::new(),
        cloud: String::new(),
        directory: None,
        snapshot: None,
        lost: Vec::new(),
    });
    let script = powershell(&Plan::seal(content).unwrap());
    assert!(script.contains("DO NOT RUN THIS YET: Sync is broken."));
    assert!(script.contains("DO NOT RUN THIS YET: 1 values would be lost"));
}

#[test]
fn other_changes() {
    let addresses = Change::SetAddresses {
        before: vec!["SMTP:o'neil@x.y".into()],
        after: vec!["SMTP:zo\u{eb}@x.y".into(), "smtp:o'neil@x.y".into()],
    };
    let script = powershell(&plan(addresses, "Jo", "jo@x.y"));
    assert!(script.contains("$expected = @('SMTP:o''neil@x.y')"), "{script}");
    assert!(script.contains("('SMTP:zo' + [char]0x00eb + '@x.y')"), "{script}");
    let default = powershell(&plan(
        Change::SetTenantDefault {
            target: Target::Cloud,
        },
        "Jo",
        "jo@x.y",
    ));
    assert!(default.contains("Set-OrganizationConfig -ExchangeAttributesCloudManagedByDefault"));
    assert!(!default.contains("$items"));
}

/// What stands outside comments and single-quoted texts; nothing when a text is not closed on its line.
fn code_of(line: &str) -> Option<String> {
    let (mut code, mut inside) = (String::new(), false);
    for character in line.chars() {
        match character {
            '\'' => inside = !inside,
            '#' if !inside => break,
            character if !inside => code.push(character),
            _ => {}
        }
    }
    (!inside).then_some(code)
}

proptest! {
    #[test]
    fn no_name_or_address_becomes_code(name in any::<String>(), address in "(\\PC|['\"`$#\u{2018}\u{2019}\n\r;]){0,40}") {
        let harmless = powershell(&plan(CLOUD, "", ""));
        let script = powershell(&plan(CLOUD, &name, &address));
        prop_assert!(script.is_ascii());
        prop_assert_eq!(script.lines().count(), harmless.lines().count());
        for (line, expected) in script.lines().zip(harmless.lines()) {
            if !line.starts_with('#') && !line.contains("@(") {
                let (code, expected) = (code_of(line), code_of(expected));
                prop_assert_eq!(code.as_deref().map(str::trim_end), expected.as_deref().map(str::trim_end));
            }
        }
        let before = Change::SetAddresses { before: vec![address.clone()], after: vec![address.clone(), name] };
        let script = powershell(&plan(before, "", ""));
        let line = script.lines().find(|line| line.starts_with("$wanted")).unwrap();
        let code = code_of(line);
        prop_assert!(code.is_some());
        let code = code.unwrap();
        prop_assert!(code.chars().all(|character| "$wanted=@(), +[char]0x123456789abcdefh".contains(character)), "{}", code);
    }
}
