-- What people do to a meeting afterwards. Edits name revisions of the log instead of repeating words, so that words
-- that are removed from the log are nowhere else. Versions hold what another pass over the audio heard.

CREATE TABLE edits (
  id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  kind TEXT NOT NULL,
  at INTEGER NOT NULL,
  undone INTEGER NOT NULL DEFAULT 0,
  lines TEXT NOT NULL,
  people TEXT NOT NULL,
  version TEXT
);
CREATE UNIQUE INDEX edits_number ON edits (session_id, number);

CREATE TABLE versions (
  id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  model TEXT NOT NULL,
  language TEXT,
  state TEXT NOT NULL,
  detail TEXT NOT NULL,
  chosen INTEGER NOT NULL DEFAULT 0,
  -- What the pass heard; empty for the text as it was made live.
  lines TEXT NOT NULL,
  -- Lines and revisions that were shown when another version was chosen; null until then.
  shown TEXT
);
CREATE INDEX versions_session ON versions (session_id, created_at);

-- Instructions for summaries that the owner wrote.
CREATE TABLE summary_templates (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  focus TEXT NOT NULL,
  sections TEXT NOT NULL,
  created_at INTEGER NOT NULL
);

-- What the owner set on the settings page; what was given at start wins over it.
CREATE TABLE server_settings (
  key TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
);
