use proptest::prelude::*;

use super::*;

fn read(text: &[u8]) -> Result<(Vec<DirectoryObject>, Vec<String>), DirectoryExportError> {
    let mut reader = LdifReader::new(text, "test");
    let (mut objects, mut notes) = (Vec::new(), Vec::new());
    while let Some(entry) = reader.next()? {
        match entry {
            Entry::Object(object) => objects.push(object),
            Entry::Note(note) => notes.extend(note),
            Entry::Other => {}
        }
    }
    notes.extend(reader.doubtful_end());
    Ok((objects, notes))
}

fn refused(text: &str) -> String {
    read(text.as_bytes()).err().unwrap().to_string()
}

#[test]
fn folding_base64_comments_and_line_ends() {
    let text = "version: 1\r\n\r\n# a comment\r\n  that goes on\r\ndn: CN=Jo,\r\n DC=x\r\nchangetype: add\r\nobjectClass: user\r\n\
                displayName:: Wm/Dqw==\r\nproxyAddresses: SMTP:jo\r\n @x.y\r\nproxyAddresses: smtp:b@x.y\r\nmail:\r\n\r\n";
    let (objects, notes) = read(text.as_bytes()).unwrap();
    assert!(notes.is_empty());
    assert_eq!(objects.len(), 1);
    assert_eq!(objects[0].name(), "CN=Jo,DC=x");
    assert_eq!(objects[0].text("displayName"), Some("Zoë"));
    assert_eq!(
        objects[0].texts("proxyAddresses").collect::<Vec<_>>(),
        ["SMTP:jo@x.y", "smtp:b@x.y"]
    );
    assert_eq!(objects[0].text("mail"), None);
}

#[test]
fn only_recipients_are_kept() {
    let text = "dn: OU=Staff,DC=x\nobjectClass: organizationalUnit\n\n\
                dn: CN=PC,DC=x\nobjectClass: user\nobjectClass: computer\nuserPrincipalName: pc@x\n\n\
                dn: CN=List,DC=x\nobjectClass: group\nmail: list@x.y\n\n\
                dn: CN=User,DC=x\nobjectClass: user\n";
    let names: Vec<String> = read(text.as_bytes())
        .unwrap()
        .0
        .iter()
        .map(|object| object.name().to_owned())
        .collect();
    assert_eq!(names, ["CN=List,DC=x", "CN=User,DC=x"]);
}

#[test]
fn ranges_are_incomplete_unless_they_reach_the_end() {
    let text = "dn: CN=A,DC=x\nmail: a@x\npublicDelegates;range=0-1499: CN=B,DC=x\nauthOrig;range=0-*: CN=C,DC=x\n\
                userCertificate;binary:: AQI=\n\n";
    let (objects, _) = read(text.as_bytes()).unwrap();
    assert!(objects[0].is_incomplete("publicDelegates"));
    assert!(!objects[0].is_incomplete("authOrig"));
    assert_eq!(
        objects[0].values("userCertificate").next(),
        Some(DirectoryValue::Binary(&[1, 2]))
    );
}

#[test]
fn the_frame_of_ldapsearch_is_understood() {
    let text = "# extended LDIF\n#\n\n# A, x\ndn: CN=A,DC=x\nmail: a@x\n\n# refldap\nref: ldap://other/\n\n\
                # search result\nsearch: 2\nresult: 4 Size limit exceeded\n\n# numEntries: 1\n";
    let (objects, notes) = read(text.as_bytes()).unwrap();
    assert_eq!(objects.len(), 1);
    assert!(notes[0].contains("Size limit exceeded"), "{notes:?}");
    let fine = text.replace("4 Size limit exceeded", "0 Success");
    assert!(read(fine.as_bytes()).unwrap().1.is_empty());
}

#[test]
fn what_no_export_writes_is_refused_with_its_place() {
    let linked = refused("dn: CN=A,DC=x\nmail:< file:///etc/passwd\n\n");
    assert!(
        linked.contains("line 2, column 6") && linked.contains("not followed"),
        "{linked}"
    );
    let change = refused("dn: CN=A,DC=x\nchangetype: modify\nreplace: mail\nmail: b@x\n-\n\n");
    assert!(change.contains("holds changes"), "{change}");
    let nameless = refused("mail: a@x\n\n");
    assert!(
        nameless.contains("line 1") && nameless.contains("without `dn:`"),
        "{nameless}"
    );
    let base64 = refused("dn: CN=A,DC=x\n\ndn:: %%%\n\n");
    assert!(base64.contains("line 3, column 5"), "{base64}");
    let colon = refused("dn: CN=A,DC=x\nno co\u{1b}lon here\n\n");
    assert!(colon.contains("line 2") && !colon.contains('\u{1b}'), "{colon}");
    assert!(refused("dn: CN=A\ndn: CN=B\n\n").contains("second `dn:`"));
    assert!(refused("dn: CN=A\nm ail: x\n\n").contains("no attribute name"));
}

#[test]
fn a_cut_file_loses_only_its_last_entry_and_says_so() {
    let text = "dn: CN=A,DC=x\nmail: a@x\n\ndn: CN=B,DC=x\nobjectClass: user\nmail: b@x\n\n";
    for end in text.find("dn: CN=B").unwrap() + 4..text.len() - 2 {
        let (objects, notes) = read(&text.as_bytes()[..end]).unwrap();
        if text.as_bytes()[end - 1] != b'\n' {
            assert_eq!(objects.len(), 1, "{end}");
        }
        assert!(notes[0].contains("cut"), "{end} {notes:?}");
    }
}

#[test]
fn endless_lines_end() {
    let endless = vec![b'a'; LIMIT + 10];
    assert!(matches!(
        read(&endless),
        Err(DirectoryExportError::TooLong { .. })
    ));
    let mut folded = b"dn: CN=A\n".to_vec();
    for _ in 0..9 {
        folded.push(b' ');
        folded.extend(vec![b'a'; LIMIT / 8]);
        folded.push(b'\n');
    }
    assert!(matches!(read(&folded), Err(DirectoryExportError::TooLong { .. })));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes);
    }

    #[test]
    fn any_lines_are_read_or_refused(lines in prop::collection::vec("(dn|mail|proxyAddresses|result|#| )?:{0,2}[ <=a-zA-Z0-9;-]{0,12}", 0..20)) {
        let _ = read(lines.join("\n").as_bytes());
    }

    #[test]
    fn what_is_written_is_read(values in prop::collection::vec("\\PC{0,60}", 1..6), width in 5usize..80) {
        let mut text = String::from("dn: CN=A,DC=x\nobjectClass: user\n");
        for value in &values {
            let line = format!("extensionAttribute1:: {}", STANDARD.encode(value));
            for (at, part) in line.as_bytes().chunks(width).enumerate() {
                text.push_str(if at == 0 { "" } else { " " });
                text.push_str(std::str::from_utf8(part).unwrap());
                text.push('\n');
            }
        }
        let (objects, _) = read(text.as_bytes()).unwrap();
        let read: Vec<&str> = objects[0].texts("extensionAttribute1").collect();
        prop_assert_eq!(read, values);
    }
}
