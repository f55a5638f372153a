//! Draws the model. Pure: the same model always gives the same cells.

mod addresses;
pub mod agents;
mod chrome;
mod details;
mod dialog;
pub mod figures;
mod form;
mod help;
mod information;
pub mod layout;
mod lines;
mod list;
mod logs;
mod palette;
mod plan;
mod record;
mod run;
mod setup;
mod sign_in;
mod steering;
mod table;
mod timeline;
pub mod tls;

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
};

use super::{layer::Layer, model::Model, tab::Tab, widget::Canvas};

/// Draws the whole screen into `buffer` and says where the hardware cursor belongs; nothing hides it.
///
/// `buffer` must be blank inside `area`; the caller diffs it against the last frame.
pub fn view(model: &Model, area: Rect, buffer: &mut Buffer) -> Option<Position> {
    let mut canvas = Canvas {
        buffer,
        theme: &model.settings.theme,
        glyphs: model.settings.glyphs,
    };
    if !layout::is_big_enough((area.width, area.height)) {
        too_small(&mut canvas, area);
        return None;
    }
    let screen = layout::screen(area);
    chrome::title(&mut canvas, screen.title, model);
    chrome::tabs(&mut canvas, screen.tabs, model);
    chrome::status(&mut canvas, screen.status, model);
    if let Some(hints) = screen.hints {
        chrome::hints(&mut canvas, hints, model);
    }
    let mut cursor = body(&mut canvas, screen.body, model);
    for layer in &model.layers {
        cursor = over(&mut canvas, screen.body, model, layer).or(match layer {
            Layer::Filter { .. } => cursor,
            _ => None,
        });
    }
    let above = Rect {
        height: screen.body.height + 1,
        ..screen.body
    };
    chrome::note(&mut canvas, above, model);
    cursor
}

/// The tab itself, unless a screen covers all of it.
fn body(canvas: &mut Canvas<'_>, area: Rect, model: &Model) -> Option<Position> {
    match model.tab {
        Tab::Agents => return agents::draw(canvas, area, model),
        Tab::Tls => return tls::draw(canvas, area, model),
        Tab::Mailboxes => {}
    }
    let details = model
        .layers
        .iter()
        .any(|layer| matches!(layer, Layer::Details(_)));
    match details {
        true => layout::beside(area)
            .0
            .and_then(|left| table::draw(canvas, left, model)),
        false => table::draw(canvas, area, model),
    }
}

fn over(canvas: &mut Canvas<'_>, body: Rect, model: &Model, layer: &Layer) -> Option<Position> {
    match layer {
        Layer::Filter { .. } if model.tab != Tab::Mailboxes => {}
        Layer::Filter { .. } => {
            let with_status = Rect {
                height: body.height + 1,
                ..body
            };
            table::filter_help(canvas, with_status, model);
        }
        Layer::Details(screen) => details::draw(canvas, layout::beside(body).1, model, screen),
        Layer::Plan(screen) => plan::draw(canvas, body, model, screen),
        Layer::Run(scroll) => run::draw(canvas, body, model, *scroll),
        Layer::Help { scroll, context } => help::draw(canvas, body, model, *scroll, *context),
        Layer::Information(screen) => information::draw(canvas, body, screen),
        Layer::Runs(scroll) => list::runs(canvas, body, model, *scroll),
        Layer::Record(screen) => record::draw(canvas, body, model, screen),
        Layer::Jobs(scroll) => list::jobs(canvas, layout::drawer(body), model, *scroll),
        Layer::Calls(scroll) => list::calls(canvas, layout::drawer(body), model, *scroll),
        Layer::Messages(scroll) => list::messages(canvas, layout::drawer(body), model, *scroll),
        Layer::Waves(scroll) => list::waves(canvas, body, model, *scroll),
        Layer::Menu(menu) => dialog::menu(canvas, body, menu),
        Layer::Planning(planning) => dialog::planning(canvas, body, planning),
        Layer::Addresses(editor) => addresses::draw(canvas, body, editor),
        Layer::Ask(ask) => return dialog::ask(canvas, body, ask),
        Layer::Prompt(prompt) => return Some(dialog::prompt(canvas, body, prompt)),
        Layer::Palette(palette) => return Some(palette::draw(canvas, body, model, palette)),
        Layer::SignIn(dialog) => sign_in::draw(canvas, body, model, dialog),
        Layer::Setup(form) => return setup::draw(canvas, body, form),
        Layer::Form(form) => return form::draw(canvas, body, form),
        Layer::Subjects(form) => return Some(form::subjects(canvas, body, form)),
        Layer::Logs(screen) => return logs::draw(canvas, body, model, screen),
        Layer::LogEntry(screen) => logs::draw_entry(canvas, body, model, screen),
        Layer::Steering => {
            if let Some(screen) = &model.steering {
                steering::draw(canvas, body, model, screen);
            }
        }
        Layer::Fix(screen) => tls::draw_fix(canvas, body, screen),
        Layer::Timeline(screen) => steering::draw_timeline(canvas, body, model, screen),
    }
    None
}

/// How many entries or lines the top screen has, and how many of them fit.
pub fn extent(model: &Model) -> (usize, usize) {
    let body = layout::body(model.size);
    let mut scratch = Buffer::empty(Rect::ZERO);
    let canvas = Canvas {
        buffer: &mut scratch,
        theme: &model.settings.theme,
        glyphs: model.settings.glyphs,
    };
    let inner = |area: Rect| layout::inside(area);
    let rows = |area: Rect, above: u16| usize::from(area.height.saturating_sub(above));
    match model.layers.last() {
        None if model.tab == Tab::Agents && model.agents.screen.is_some() => {
            let area = inner(body);
            (agents::lines(&canvas, area.width, model).len(), rows(area, 0))
        }
        None if model.tab == Tab::Tls && model.tls.screen.is_some() => {
            let area = inner(body);
            (tls::lines(&canvas, area.width, model).len(), rows(area, 0))
        }
        None | Some(Layer::Filter { .. }) => (model.mailboxes.rows().len(), model.mailboxes.visible),
        Some(Layer::Details(screen)) => {
            let area = inner(layout::beside(body).1);
            (
                details::lines(&canvas, area.width, model, screen).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Plan(screen)) => {
            let area = inner(body);
            (
                plan::lines(&canvas, area.width, model, screen).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Run(_)) => {
            let area = inner(body);
            (run::lines(&canvas, area.width, model).len(), rows(area, 0))
        }
        Some(Layer::Help { context, .. }) => {
            let area = inner(body);
            (
                help::lines(&canvas, area.width, model, *context).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Information(screen)) => {
            let area = inner(body);
            (
                information::lines(&canvas, area.width, screen).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Subjects(form)) => (
            form.subjects.len(),
            rows(inner(form::subjects_area(body)), form::SUBJECTS_FRAME),
        ),
        Some(Layer::Logs(screen)) => (screen.length(), rows(inner(body), logs::HEAD)),
        Some(Layer::LogEntry(screen)) => {
            let area = inner(body);
            (
                logs::entry_lines(&canvas, area.width, model, screen).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Steering) => match &model.steering {
            Some(screen) => steering::extent(&canvas, inner(body), model, screen),
            None => (0, 1),
        },
        Some(Layer::Timeline(screen)) => {
            let area = inner(body);
            (
                timeline::lines(&canvas, area.width, model, &screen.settled).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Fix(screen)) => {
            let area = inner(body);
            (tls::fix_lines(&canvas, area.width, screen).len(), rows(area, 0))
        }
        Some(Layer::Record(screen)) => {
            let area = inner(body);
            (
                record::lines(&canvas, area.width, model, screen).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Messages(_)) => {
            let area = inner(layout::drawer(body));
            (
                list::message_lines(&canvas, area.width, model).len(),
                rows(area, 0),
            )
        }
        Some(Layer::Runs(_)) => (model.runs.as_ref().map_or(0, Vec::len), rows(inner(body), 1)),
        Some(Layer::Waves(_)) => (
            model.waves.as_ref().map_or(0, Vec::len),
            rows(inner(list::waves_area(body)), 1),
        ),
        Some(Layer::Jobs(_)) => (
            model.jobs.newest_first().len(),
            rows(inner(layout::drawer(body)), 1),
        ),
        Some(Layer::Calls(_)) => (model.calls.len(), rows(inner(layout::drawer(body)), 1)),
        Some(Layer::Menu(menu)) => (menu.entries.len(), dialog::menu_rows(body, menu)),
        Some(Layer::Palette(palette)) => (palette.entries.len(), rows(inner(palette::area(body)), 2)),
        Some(Layer::Addresses(editor)) => (editor.rows().len(), rows(inner(addresses::area(body)), 4)),
        Some(_) => (0, 1),
    }
}

/// The action on Cloud Sync on top, or one object of it, as text for a ticket: without colours, in lines of a mail.
pub fn action_text(model: &Model) -> String {
    const WIDTH: u16 = 100;
    let mut scratch = Buffer::empty(Rect::ZERO);
    let canvas = Canvas {
        buffer: &mut scratch,
        theme: &model.settings.theme,
        glyphs: model.settings.glyphs,
    };
    let lines = match (model.layers.last(), &model.steering) {
        (Some(Layer::Timeline(screen)), _) => timeline::lines(&canvas, WIDTH, model, &screen.settled),
        (Some(Layer::Steering), Some(screen)) => {
            let mut lines = steering::lines(&canvas, WIDTH, model, screen);
            if screen.is_list() {
                for settled in &screen.settled {
                    let (word, _) = steering::word(settled);
                    let text = format!("{word}  {}", settled.0.object_id);
                    lines.push(lines::line(text, model.settings.theme.text));
                }
            }
            lines
        }
        _ => Vec::new(),
    };
    let text = |line: &lines::Line| {
        let text: String = line.iter().map(|(text, _)| text.as_str()).collect();
        text.trim_end().to_owned()
    };
    lines.iter().map(text).collect::<Vec<_>>().join("\n")
}

/// The filter line while it is edited, in the last row over a tab's lists; says where its cursor is.
fn filter_line(canvas: &mut Canvas<'_>, row: Rect, model: &Model) -> Option<Position> {
    let Some(Layer::Filter { field, .. }) = model.layers.last() else {
        return None;
    };
    canvas.clear(row);
    canvas.text(row.x, row.y, 1, "/", canvas.theme.key);
    let room = Rect {
        x: row.x + 2,
        width: row.width.saturating_sub(2),
        ..row
    };
    let style = canvas.theme.text;
    Some(field.draw(canvas, room, style))
}

/// The word for an order.
pub fn order_word(descending: bool) -> &'static str {
    if descending { "descending" } else { "ascending" }
}

fn too_small(canvas: &mut Canvas<'_>, area: Rect) {
    let (columns, rows) = layout::SMALLEST;
    let lines = [
        format!("This terminal has {} x {}.", area.width, area.height),
        format!("Handover needs {columns} x {rows}."),
        "Make it bigger, or q to quit.".to_owned(),
    ];
    for (y, line) in (area.top()..area.bottom()).zip(&lines) {
        canvas.text(area.x, y, area.width, line, canvas.theme.text);
    }
}
