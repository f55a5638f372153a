//! The help: every action once, with its key; what means something here comes first.

use ratatui::layout::Rect;

use crate::{
    domain::filter,
    tui::{
        action::{ACTIONS, ActionInfo},
        chord::Chord,
        context::Context,
        model::Model,
        widget::{Canvas, Scroll},
    },
};

use super::lines::{self, Line, hanging, line};

/// Cells for keys and titles.
const KEYS: u16 = 15;
const TITLE: u16 = 23;

/// What the figures of a run mean.
const RUN_FIGURES: [(&str, &str); 6] = [
    (
        "State",
        "open: a process works on it; interrupted: it can be resumed; done: nothing is left; abandoned: given up; damaged: its record can't be read",
    ),
    ("Done", "written by this run, and proven by a second read"),
    (
        "Already there",
        "were as wanted before this run wrote anything; nothing was written to them",
    ),
    (
        "Failed",
        "refused by the service or by a check; enter shows the reasons",
    ),
    (
        "Unknown",
        "neither proven done nor proven failed; a resume reads them again",
    ),
    ("Remaining", "not settled: not reached yet, or unknown"),
];

/// Draws the screen.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, model: &Model, scroll: Scroll, context: Context) {
    lines::screen(canvas, area, "Help", scroll.top, |canvas, width| {
        lines(canvas, width, model, context)
    });
}

fn is_here(info: &ActionInfo, context: Context) -> bool {
    let mut here = Some(context);
    while let Some(at) = here {
        if info.contexts.contains(&at) {
            return true;
        }
        here = at.parent();
    }
    false
}

/// Its lines.
pub fn lines(canvas: &Canvas<'_>, width: u16, model: &Model, context: Context) -> Vec<Line> {
    let theme = canvas.theme;
    let mut lines = vec![line(format!("Here ({})", context.name()), theme.heading)];
    let (here, elsewhere): (Vec<_>, Vec<_>) = ACTIONS.iter().partition(|info| is_here(info, context));
    let (own, global): (Vec<_>, Vec<_>) = here
        .into_iter()
        .partition(|info| info.contexts.contains(&context));
    for info in own {
        entry(canvas, width, model, info, Some(context), &mut lines);
    }
    if context == Context::Runs {
        lines.push(Line::new());
        lines.push(line("Columns and figures", theme.heading));
        for (word, meaning) in RUN_FIGURES {
            lines.extend(hanging(
                canvas,
                width,
                (word, theme.key),
                (meaning, theme.text),
                KEYS,
            ));
        }
    }
    if !global.is_empty() {
        lines.push(Line::new());
        lines.push(line("Everywhere but in dialogs", theme.heading));
    }
    for info in global {
        entry(canvas, width, model, info, Some(context), &mut lines);
    }
    lines.push(Line::new());
    lines.push(line("Elsewhere", theme.heading));
    for info in elsewhere {
        entry(canvas, width, model, info, None, &mut lines);
    }
    lines.push(Line::new());
    lines.push(line("Filter", theme.heading));
    for info in filter::keys() {
        let head = format!("{}:", info.word);
        let text = format!("{}, such as {}", info.doc, info.example);
        lines.extend(hanging(
            canvas,
            width,
            (&head, theme.key),
            (&text, theme.text),
            KEYS,
        ));
    }
    for (head, text) in [
        (
            "word",
            "a part of name, sign-in name, address or alias; \"two words\" keeps them together",
        ),
        ("!word", "what does not match; ! stands before a key too"),
        ("~word", "loosely: the letters in this order, best first"),
        ("a,b", "one or the other"),
    ] {
        lines.extend(hanging(
            canvas,
            width,
            (head, theme.key),
            (text, theme.text),
            KEYS,
        ));
    }
    lines
}

fn entry(
    canvas: &Canvas<'_>,
    width: u16,
    model: &Model,
    info: &ActionInfo,
    here: Option<Context>,
    lines: &mut Vec<Line>,
) {
    let theme = canvas.theme;
    let keymap = &model.settings.keymap;
    let keys = match here {
        Some(context) => keymap.keys(context, info.action),
        None => keymap.keys_anywhere(info.action),
    };
    let keys: Vec<String> = keys.iter().map(Chord::to_string).collect();
    let keys = match keys.is_empty() {
        true => format!(":{}", info.name),
        false => keys.join(" "),
    };
    let mut doc = info.doc.to_owned();
    match here {
        Some(_) => {
            if let Err(why) = (info.enabled)(model) {
                doc += &format!(" Not now: {}.", why.0);
            }
        }
        None => {
            let where_to: Vec<&str> = info.contexts.iter().map(|context| context.name()).collect();
            doc += &format!(" In: {}.", where_to.join(", "));
        }
    }
    let title = lines::padded(canvas, info.title, TITLE);
    let cells = width.saturating_sub(KEYS + TITLE).max(20);
    for (at, text) in canvas.wrap(&doc, cells).into_iter().enumerate() {
        lines.push(match at {
            0 => vec![
                (lines::padded(canvas, &keys, KEYS), theme.key),
                (title.clone(), theme.text),
                (text, theme.muted),
            ],
            _ => vec![
                (" ".repeat(usize::from(KEYS + TITLE)), theme.text),
                (text, theme.muted),
            ],
        });
    }
}
