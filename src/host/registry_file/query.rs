//! Output of `reg query`, in any language of Windows.

use crate::domain::registry::{KeyPath, RegistryData};

use super::{
    detect::begins_with_hive,
    reading::{Reading, numbered_lines, shown},
    value::{queried_data, type_number},
};

/// What `reg query` puts between name, type and data.
const GAP: &str = "    ";

/// The key whose 32-bit twin lies elsewhere, although `/reg:32` prints the same path.
const REDIRECTED: &str = r"HKLM\SOFTWARE\Microsoft\.NETFramework";

/// A key as printed, with its values.
struct Block {
    key: KeyPath,
    /// How many values stand below it.
    values: usize,
}

pub(super) fn read(text: &str, reading: &mut Reading) {
    let mut blocks: Vec<Block> = Vec::new();
    // Whether values belong to the last block: not after a key that could not be read.
    let mut in_block = false;
    for (number, line) in numbered_lines(text) {
        if line.trim().is_empty() {
            continue;
        }
        if !line.starts_with(char::is_whitespace) {
            if begins_with_hive(line) {
                let key = reading.key(number, line.trim_end());
                in_block = key.is_some();
                blocks.extend(key.map(|key| Block { key, values: 0 }));
            } else {
                reading.not_understood(number, line);
            }
            continue;
        }
        let Some((name, kind, data)) = value_line(line) else {
            reading.not_understood(number, line);
            continue;
        };
        match blocks.last_mut().filter(|_| in_block) {
            Some(block) => {
                read_value(number, block, name, (kind, data), reading);
                block.values += 1;
            }
            None => reading.note(number, "a value stands here before any key and was left out"),
        }
    }
    if let Some(last) = text.rsplit('\n').next().filter(|line| value_line(line).is_some()) {
        reading.remark(format!(
            "the file ends without a line break: the last value may have lost its end: `{}`",
            shown(last.trim())
        ));
    }
    cover(&blocks, reading);
    remark_on_views(&blocks, reading);
}

fn read_value(number: usize, block: &Block, name: &str, told: (u32, &str), reading: &mut Reading) {
    // The default value comes first, under a name in brackets that is translated.
    let is_default = block.values == 0 && name.starts_with('(') && name.ends_with(')');
    let name = if is_default { "" } else { name };
    match queried_data(told.0, told.1) {
        Some(data) => know(number, &block.key, name, data, reading),
        None => reading.unreadable(
            number,
            &block.key,
            name,
            "its data does not fit its type: the line was cut",
        ),
    }
}

fn know(number: usize, key: &KeyPath, name: &str, data: RegistryData, reading: &mut Reading) {
    reading.know(number, key, name, Some(data));
}

/// Name, number of the type, and data. The name may hold blanks, so the type is looked for: four blanks on both sides as
/// printed, or any blanks where a copy has changed them.
fn value_line(line: &str) -> Option<(&str, u32, &str)> {
    let line = line.trim_start();
    let typed = |gap: &str, from: usize| -> Option<(&str, u32, &str)> {
        let at = from + line.get(from..)?.find(gap)?;
        let after = line.get(at + gap.len()..)?;
        let end = after.find(char::is_whitespace).unwrap_or(after.len());
        let (word, data) = after.split_at_checked(end)?;
        let number = type_number(word)?;
        let data = data.strip_prefix(GAP).unwrap_or_else(|| data.trim_start());
        Some((line.get(..at)?.trim_end(), number, data))
    };
    let everywhere = |gap: &str| {
        line.match_indices(gap)
            .find_map(|(at, _)| typed(gap, at).filter(|(name, ..)| !name.is_empty()))
    };
    everywhere(GAP)
        .or_else(|| everywhere(" "))
        .or_else(|| everywhere("\t"))
}

/// With `/s` all keys below are printed, each with its values; without it only their names. A key with values below another
/// key shows that `/s` was there. With `/v` one value stands below each key, and nothing tells of the others: a key whose
/// only value is printed looks the same, so neither is taken for the whole of its key.
fn cover(blocks: &[Block], reading: &mut Reading) {
    let mut named: Vec<&KeyPath> = blocks.iter().map(|block| &block.key).collect();
    named.sort_unstable();
    named.dedup();
    let single = blocks.iter().all(|block| block.values == 1);
    let recursive = !single
        && blocks.iter().filter(|block| block.values > 0).any(|block| {
            let mut above = block.key.parent();
            while let Some(key) = above {
                if named.binary_search(&&key).is_ok() {
                    return true;
                }
                above = key.parent();
            }
            false
        });
    for block in blocks {
        if recursive {
            reading.image.cover(&block.key);
        } else if block.values > 0 && !single {
            reading.image.cover_values(&block.key);
        } else {
            reading.image.name_key(&block.key);
        }
    }
    if single && !blocks.is_empty() {
        reading.remark(
            "every key shows one value, as `reg query KEY /v NAME` does: what else it holds is not known; `reg query KEY /s` shows all"
                .to_owned(),
        );
    }
    if !recursive && blocks.iter().any(|block| block.values == 0) {
        reading.remark(
            "keys are named without their values, as `reg query` does without `/s`: what they hold is not known".to_owned(),
        );
    }
}

/// The output does not say with which view it was made.
fn remark_on_views(blocks: &[Block], reading: &mut Reading) {
    let redirected = KeyPath::new(REDIRECTED);
    if blocks.iter().any(|block| block.key.is_within(&redirected)) {
        reading.remark(format!(
            "`reg query` prints the same path with /reg:32 and /reg:64: `{}` was taken for the 64-bit view; for the 32-bit one \
             query the key below SOFTWARE\\WOW6432Node",
            redirected.long()
        ));
    }
}
