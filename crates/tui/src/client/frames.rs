//! What stands on the screen.

use super::{Client, Layout};
use crate::{
    draw::{Detail, Look},
    state::Kind,
    terminal::Frame,
    text::{cut_line, line_width},
};
use ratatui::text::Line;
use std::collections::VecDeque;

impl Client {
    pub(super) fn look(&self) -> Look<'_> {
        Look {
            columns: self.setup.size.0,
            theme: &self.theme,
            now: self.now,
            detail: self.detail,
            cwd: &self.state.cwd,
        }
    }

    /// The next frame. In the inline layout, what is finished is handed over with it, once.
    pub fn frame(&mut self) -> Frame {
        let (columns, rows) = self.setup.size;
        let mut frame = if self.page.is_some() {
            self.page_frame(rows)
        } else {
            match self.setup.layout {
                Layout::Full => self.full_frame(rows),
                Layout::Inline => self.inline_frame(rows),
            }
        };
        // A row that is too wide would push the others.
        for line in frame.settled.iter_mut().chain(&mut frame.live) {
            if line_width(line) > columns {
                *line = cut_line(std::mem::take(line), columns);
            }
        }
        frame
    }

    fn page_frame(&mut self, rows: usize) -> Frame {
        let Some(mut page) = self.page.take() else {
            return Frame::default();
        };
        let live = page.screen(&self.look(), rows);
        let cursor = page.cursor().map(|column| (rows.saturating_sub(1), column));
        self.page = Some(page);
        Frame {
            settled: Vec::new(),
            live,
            cursor,
        }
    }

    fn inline_frame(&mut self, rows: usize) -> Frame {
        let mut settled = Vec::new();
        if self.replay_until.is_none() {
            let rests = !self.state.is_busy();
            let look = Look {
                columns: self.setup.size.0,
                theme: &self.theme,
                now: self.now,
                detail: Detail::Folded,
                cwd: &self.state.cwd,
            };
            settled = self.state.transcript.settle(&look, rests);
        }
        let (mut live, mut cursor) = self.bottom(rows);
        let room = rows.saturating_sub(live.len() + 1);
        let mut open = if self.replay_until.is_none() {
            self.state.transcript.open(&self.look())
        } else {
            Vec::new()
        };
        if open.len() > room {
            open.drain(..open.len() - room);
        }
        cursor.0 += open.len();
        open.append(&mut live);
        Frame {
            settled,
            live: open,
            cursor: Some(cursor),
        }
    }

    fn full_frame(&mut self, rows: usize) -> Frame {
        let (bottom, cursor) = self.bottom(rows.saturating_sub(3).max(4).min(rows));
        let room = rows.saturating_sub(bottom.len());
        let mut live = self.viewport(room);
        let above = live.len();
        live.extend(bottom);
        Frame {
            settled: Vec::new(),
            live,
            cursor: Some((above + cursor.0, cursor.1)),
        }
    }

    /// The part of the transcript that is seen in the full layout: only its cells are drawn.
    fn viewport(&mut self, room: usize) -> Vec<Line<'static>> {
        let look = self.look();
        let count = self.state.transcript.cells().len();
        let mut lines: VecDeque<Line<'static>> = VecDeque::new();
        let wanted = room + self.scrolled;
        let mut at = count;
        while at > 0 && lines.len() < wanted {
            at -= 1;
            for line in self.state.transcript.lines_of(at, &look).into_iter().rev() {
                lines.push_front(line);
            }
        }
        let scrolled = self.scrolled.min(lines.len().saturating_sub(room));
        let end = lines.len() - scrolled;
        let begin = end.saturating_sub(room);
        let mut seen: Vec<Line<'static>> =
            lines.into_iter().skip(begin).take(end - begin).collect();
        let sticky = self.sticky(at, begin > 0 || at > 0);
        if let (Some(first), Some(sticky)) = (seen.first_mut(), sticky)
            && scrolled > 0
        {
            *first = sticky;
        }
        while seen.len() < room {
            seen.push(Line::default());
        }
        self.scrolled = scrolled;
        seen
    }

    /// The prompt that what is seen belongs to.
    fn sticky(&self, first: usize, is_cut: bool) -> Option<Line<'static>> {
        if !is_cut {
            return None;
        }
        let cells = self.state.transcript.cells();
        let before = cells.get(..=first.min(cells.len().saturating_sub(1)))?;
        before.iter().rev().find_map(|cell| match &cell.kind {
            Kind::Person { text, .. } => {
                let look = self.look();
                let text = crate::draw::first_line(text, look.columns.saturating_sub(2));
                Some(Line::from(vec![
                    look.span(crate::theme::Role::Accent, "› "),
                    look.span(crate::theme::Role::Dim, text),
                ]))
            }
            Kind::Said(_)
            | Kind::Thought { .. }
            | Kind::Calls(_)
            | Kind::Note { .. }
            | Kind::Shell { .. } => None,
        })
    }

    /// Everything that was said and done, for a page.
    pub(super) fn whole_transcript(&self) -> Vec<Line<'static>> {
        let look = Look {
            detail: Detail::All,
            ..self.look()
        };
        let count = self.state.transcript.cells().len();
        (0..count)
            .flat_map(|at| self.state.transcript.lines_of(at, &look))
            .collect()
    }
}
