//! A directory export in memory.

use std::{
    collections::HashSet,
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::Path,
};

use jiff::Timestamp;

use super::{
    csv_file,
    encoding::{Unicode, decode},
    error::DirectoryExportError,
    index::Index,
    ldif::{Entry, LdifReader},
};
use crate::domain::{
    CloudAttributes, Directory, DirectoryMatch, DirectoryObject, attribute_number, text::clean,
};

/// What kind of file it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// As `ldifde` and `ldapsearch` write it.
    Ldif,
    /// As `Export-Csv` writes it.
    Csv,
}

impl ExportFormat {
    /// The word shown.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ldif => "LDIF",
            Self::Csv => "CSV",
        }
    }
}

/// What was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportSummary {
    /// The file as named, cleaned.
    pub name: String,
    /// LDIF or CSV.
    pub format: ExportFormat,
    /// Encoding told from the start of the file.
    pub encoding: &'static str,
    /// Entries or rows in the file.
    pub entries: u64,
    /// Users and mail recipients among them, which are kept.
    pub objects: u64,
    /// When the file was last written, which stands for when it was exported; nothing when unknown.
    pub as_of: Option<Timestamp>,
    /// What is wrong with the file as a whole, in sentences, cleaned.
    pub problems: Vec<String>,
}

/// Users and mail recipients of an exported file, found by anchor, sign-in name and address.
pub struct DirectoryExport {
    summary: ExportSummary,
    objects: Vec<DirectoryObject>,
    carried: HashSet<u8>,
    index: Index,
}

/// What a file of either format is read into.
#[derive(Default)]
pub(super) struct Content {
    pub(super) objects: Vec<DirectoryObject>,
    pub(super) entries: u64,
    pub(super) carried: HashSet<u8>,
    pub(super) problems: Vec<String>,
}

/// More sentences than these help nobody.
const PROBLEMS: usize = 20;

impl Content {
    pub(super) fn problem(&mut self, sentence: String) {
        if self.problems.len() < PROBLEMS && !self.problems.contains(&sentence) {
            self.problems.push(sentence);
        }
    }
}

impl DirectoryExport {
    /// Reads a file, streaming; only users and mail recipients and only the attributes of
    /// [`crate::domain::DIRECTORY_ATTRIBUTES`] stay in memory. Blocks: call it off the async runtime.
    ///
    /// `keep_going` is told the number of bytes read so far and ends the reading by answering false.
    pub fn open(path: &Path, keep_going: impl Fn(u64) -> bool) -> Result<Self, DirectoryExportError> {
        let name = clean(&path.display().to_string()).into_owned();
        let file = File::open(path).map_err(|error| DirectoryExportError::read(&name, error))?;
        let as_of = file
            .metadata()
            .and_then(|data| data.modified())
            .ok()
            .and_then(|time| Timestamp::try_from(time).ok());
        Self::read(Watched::new(file, keep_going), &name, as_of)
    }

    /// Reads the content of a file named `name`.
    pub fn read(
        input: impl Read,
        name: &str,
        as_of: Option<Timestamp>,
    ) -> Result<Self, DirectoryExportError> {
        let unreadable = |error: io::Error| DirectoryExportError::read(name, error);
        let unicode = Unicode::new(input).map_err(unreadable)?;
        let encoding = unicode.name();
        let mut text = BufReader::with_capacity(256 * 1024, unicode);
        let format = format_of(text.fill_buf().map_err(unreadable)?)?;
        let content = match format {
            ExportFormat::Ldif => read_ldif(text, name)?,
            ExportFormat::Csv => csv_file::read(text, name)?,
        };
        if content.objects.is_empty() && content.problems.is_empty() {
            return Err(DirectoryExportError::Empty {
                entries: content.entries,
            });
        }
        let mut objects = content.objects;
        objects.shrink_to_fit();
        Ok(Self {
            index: Index::new(&objects),
            summary: ExportSummary {
                name: name.to_owned(),
                format,
                encoding,
                entries: content.entries,
                objects: objects.len() as u64,
                as_of,
                problems: content.problems,
            },
            carried: content.carried,
            objects,
        })
    }

    /// What was read.
    pub fn summary(&self) -> &ExportSummary {
        &self.summary
    }

    /// Every object, in the order of the file.
    pub fn objects(&self) -> &[DirectoryObject] {
        &self.objects
    }
}

impl std::fmt::Debug for DirectoryExport {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_tuple("DirectoryExport")
            .field(&self.summary)
            .finish()
    }
}

impl Directory for DirectoryExport {
    fn find(&self, cloud: &CloudAttributes) -> DirectoryMatch<'_> {
        self.index.find(&self.objects, cloud)
    }

    fn by_name(&self, name: &str) -> Option<&DirectoryObject> {
        self.index.by_name(&self.objects, name)
    }

    fn carries(&self, attribute: &str) -> bool {
        attribute_number(attribute).is_some_and(|number| self.carried.contains(&number))
    }

    fn as_of(&self) -> Option<Timestamp> {
        self.summary.as_of
    }

    fn problems(&self) -> Vec<String> {
        self.summary.problems.clone()
    }
}

/// Tells the format from the first line that is neither empty nor a comment; a block of only comments is LDIF.
fn format_of(start: &[u8]) -> Result<ExportFormat, DirectoryExportError> {
    let text = decode(start);
    for line in text.lines().map(str::trim_end).filter(|line| !line.is_empty()) {
        if line
            .get(..6)
            .is_some_and(|head| head.eq_ignore_ascii_case("#TYPE "))
        {
            return Ok(ExportFormat::Csv);
        }
        if line.starts_with('#') {
            continue;
        }
        let head = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if line.contains(':') && ["dn", "version", "search", "result", "ref"].contains(&head.as_str()) {
            return Ok(ExportFormat::Ldif);
        }
        if line.contains([',', ';', '\t']) || csv_file::is_known_column(line) {
            return Ok(ExportFormat::Csv);
        }
        return Err(DirectoryExportError::UnknownFormat);
    }
    if text.trim_start().starts_with('#') {
        Ok(ExportFormat::Ldif)
    } else {
        Err(DirectoryExportError::UnknownFormat)
    }
}

fn read_ldif(text: impl BufRead, name: &str) -> Result<Content, DirectoryExportError> {
    let mut content = Content::default();
    let mut reader = LdifReader::new(text, name);
    let mut incomplete = 0u64;
    while let Some(entry) = reader.next()? {
        match entry {
            Entry::Object(object) => {
                content.entries += 1;
                for (attribute, _) in object.all() {
                    content.carried.extend(attribute_number(attribute));
                }
                incomplete += u64::from(object.has_incomplete());
                content.objects.push(object);
            }
            Entry::Note(Some(sentence)) => content.problem(sentence),
            Entry::Other => content.entries += 1,
            Entry::Note(None) => {}
        }
    }
    if let Some(sentence) = reader.doubtful_end() {
        content.problem(sentence);
    }
    if incomplete > 0 {
        content.problem(format!(
            "{incomplete} objects have a list that was cut by the server (`;range=`): those attributes count as unknown. Export with \
             a tool that follows ranges, or raise MaxValRange for the export."
        ));
    }
    Ok(content)
}

/// Counts bytes, reports them, and ends the reading on request.
struct Watched<R, F> {
    input: R,
    read: u64,
    keep_going: F,
}

impl<R, F> Watched<R, F> {
    fn new(input: R, keep_going: F) -> Self {
        Self {
            input,
            read: 0,
            keep_going,
        }
    }
}

impl<R: Read, F: Fn(u64) -> bool> Read for Watched<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if !(self.keep_going)(self.read) {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        let count = self.input.read(buffer)?;
        self.read += count as u64;
        Ok(count)
    }
}
