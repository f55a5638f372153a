use proptest::prelude::*;

use super::*;

fn table(text: &[u8]) -> Result<Content, DirectoryExportError> {
    super::read(text, "test")
}

fn addresses(text: &str) -> Vec<String> {
    let content = table(text.as_bytes()).unwrap();
    content.objects[0]
        .texts("proxyAddresses")
        .map(str::to_owned)
        .collect()
}

#[test]
fn windows_powershell_and_german_excel() {
    let comma = "#TYPE Microsoft.ActiveDirectory.Management.ADUser\r\n\"DistinguishedName\",\"ObjectGUID\",\"EmailAddress\"\r\n\
                 \"CN=Jo,DC=x\",\"76543210-ba98-fedc-0102-030405060708\",\"jo@x.y\"\r\n";
    let semicolon =
        "DistinguishedName;ObjectGUID;mail\n\"CN=Jo,DC=x\";76543210-ba98-fedc-0102-030405060708;jo@x.y\n";
    for text in [comma, semicolon] {
        let content = table(text.as_bytes()).unwrap();
        let object = &content.objects[0];
        assert_eq!(object.name(), "CN=Jo,DC=x");
        assert_eq!(
            object.guid("objectGUID").unwrap().to_string(),
            "76543210-ba98-fedc-0102-030405060708"
        );
        assert_eq!(object.text("mail"), Some("jo@x.y"));
        assert!(content.problems.is_empty());
    }
}

#[test]
fn lists_are_split_as_administrators_join_them() {
    let expected = ["SMTP:a@x.y", "x500:/o=A B/cn=Recip, Old;c=1", "smtp:b@x.y"];
    for separator in [";", " ", ",", ", ", "\n", "\r\n", "|"] {
        let field = expected.join(separator);
        assert_eq!(
            addresses(&format!("mail,proxyAddresses\na@x.y,\"{field}\"\n")),
            expected,
            "{separator:?}"
        );
    }
    let content = table(b"mail,publicDelegates\na@x,\"CN=B C,DC=x;CN=D,DC=x\"\n").unwrap();
    let links: Vec<&str> = content.objects[0].texts("publicDelegates").collect();
    assert_eq!(links, ["CN=B C,DC=x", "CN=D,DC=x"]);
}

#[test]
fn unjoined_lists_are_unknown_and_the_problem_says_how() {
    let text = "mail,proxyAddresses,mS-DS-ConsistencyGuid\n\
                a@x,Microsoft.ActiveDirectory.Management.ADPropertyValueCollection,System.Byte[]\n";
    let content = table(text.as_bytes()).unwrap();
    assert!(content.objects[0].is_incomplete("proxyAddresses"));
    assert!(content.objects[0].is_incomplete("mS-DS-ConsistencyGuid"));
    assert!(
        content.problems[0].contains("-join ';'"),
        "{:?}",
        content.problems
    );
}

#[test]
fn bytes_in_every_notation() {
    let bytes = [
        0x10u8, 0x32, 0x54, 0x76, 0x98, 0xba, 0xdc, 0xfe, 1, 2, 3, 4, 5, 6, 7, 8,
    ];
    let numbers = bytes.map(|byte| byte.to_string()).join(" ");
    let dashed = bytes.map(|byte| format!("{byte:02X}")).join("-");
    let joined = bytes.map(|byte| format!("{byte:02x}")).join("");
    for text in [
        "76543210-ba98-fedc-0102-030405060708",
        "{76543210-BA98-FEDC-0102-030405060708}",
        numbers.as_str(),
        dashed.as_str(),
        joined.as_str(),
        "EDJUdpi63P4BAgMEBQYHCA==",
    ] {
        assert_eq!(
            bytes_of(text, ValueKind::Guid).as_deref(),
            Some(bytes.as_slice()),
            "{text}"
        );
    }
    for text in ["1 2 256", "nonsense!", "a b"] {
        assert_eq!(bytes_of(text, ValueKind::Guid), None, "{text}");
    }
    let content = table(b"mail,objectGUID\na@x,what?\n").unwrap();
    assert!(content.problems[0].contains("objectGUID"));
}

#[test]
fn code_pages_and_computers() {
    let content = table(b"mail,displayName,objectClass\na@x,Zo\xeb,user\npc@x,PC,computer\n").unwrap();
    assert_eq!(content.objects.len(), 1);
    assert_eq!(content.objects[0].text("displayName"), Some("Zoë"));
}

#[test]
fn bad_tables_are_refused_with_what_to_do() {
    let error = |text: &str| table(text.as_bytes()).err().unwrap().to_string();
    let columns = error("Name,Color\u{1b}\nx,red\n");
    assert!(
        columns.contains("name, color") && !columns.contains('\u{1b}'),
        "{columns}"
    );
    let ragged = error("mail,displayName\na@x\nb@x,B\n");
    assert!(
        ragged.contains("line 2") && ragged.contains("1 fields"),
        "{ragged}"
    );
    let wide = error("mail,displayName\na@x,A,more\n");
    assert!(wide.contains("3 fields"), "{wide}");
}

#[test]
fn a_cut_row_is_left_out_and_said() {
    let content = table(b"mail,displayName\na@x,A\nb@x").unwrap();
    assert_eq!(content.objects.len(), 1);
    assert!(content.problems[0].contains("line 3"), "{:?}", content.problems);
}

#[test]
fn a_row_cut_inside_its_last_field_is_left_out() {
    for text in [
        "mail,displayName\na@x,A\nb@x,\"B",
        "mail,displayName\na@x,A\nb@x,\"B\r\nc@x,C\n",
    ] {
        let content = table(text.as_bytes()).unwrap();
        assert_eq!(content.objects.len(), 1, "{text}");
        assert!(content.problems[0].contains("line 3"), "{:?}", content.problems);
    }
    for whole in [
        "mail,displayName\na@x,\"A\"",
        "mail,displayName\na@x,A",
        "mail\r\"a@x\"\r",
    ] {
        let content = table(whole.as_bytes()).unwrap();
        assert_eq!((content.objects.len(), content.problems.len()), (1, 0), "{whole}");
    }
}

#[test]
fn an_unclosed_quote_does_not_swallow_a_whole_disk() {
    let mut text = b"mail,displayName\na@x,\"".to_vec();
    text.extend(vec![b'a'; LIMIT * 2]);
    assert!(matches!(table(&text), Err(DirectoryExportError::TooLong { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut text = b"mail,proxyAddresses,objectGUID\n".to_vec();
        text.extend(bytes);
        let _ = table(&text);
    }

    #[test]
    fn joined_addresses_come_back(names in prop::collection::vec("[a-z]{1,8}", 1..8)) {
        let expected: Vec<String> = names.iter().map(|name| format!("smtp:{name}@x.y")).collect();
        let joined = expected.join(" ");
        prop_assert_eq!(addresses_of(&joined), expected);
    }
}
