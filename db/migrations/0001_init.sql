-- Rooms, their sessions, the append-only event log and the rows derived from it.
-- Times: *_at = wall clock, ms since 1970; *_ms = session time. JSON is text.

CREATE TABLE rooms (
  id TEXT PRIMARY KEY NOT NULL,
  settings TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  view_token TEXT,
  speak_token TEXT,
  host_token TEXT
);
CREATE INDEX rooms_created ON rooms (created_at);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY NOT NULL,
  room_id TEXT NOT NULL REFERENCES rooms (id),
  epoch TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at INTEGER,
  starred INTEGER NOT NULL DEFAULT 0,
  keep_what TEXT NOT NULL DEFAULT 'text+audio',
  keep_days INTEGER,
  -- Hidden from everybody; its rows are being taken away (db/erase.ts).
  deleting INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX sessions_room ON sessions (room_id, started_at);
CREATE INDEX sessions_started ON sessions (started_at);
CREATE INDEX sessions_deleting ON sessions (id) WHERE deleting = 1;
CREATE INDEX sessions_open ON sessions (room_id) WHERE ended_at IS NULL;

CREATE TABLE events (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  utterance_id TEXT,
  event TEXT NOT NULL,
  PRIMARY KEY (session_id, seq)
);
CREATE INDEX events_utterance ON events (session_id, utterance_id) WHERE utterance_id IS NOT NULL;

CREATE TABLE participants (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  name_folded TEXT NOT NULL,
  role TEXT NOT NULL,
  colour INTEGER NOT NULL,
  muted INTEGER NOT NULL,
  present INTEGER NOT NULL,
  joined_seq INTEGER NOT NULL,
  PRIMARY KEY (session_id, id)
);
CREATE INDEX participants_name ON participants (name_folded);

CREATE TABLE participant_keys (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  key_hash TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  PRIMARY KEY (session_id, key_hash)
);

-- The newest revision of every utterance; earlier ones are in `events`.
CREATE TABLE utterances (
  row INTEGER PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  rev INTEGER NOT NULL,
  state TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  language TEXT NOT NULL,
  text TEXT NOT NULL,
  words TEXT NOT NULL,
  folded TEXT NOT NULL,
  spaced TEXT NOT NULL,
  indexed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX utterances_id ON utterances (session_id, id);
CREATE INDEX utterances_language ON utterances (session_id, language, end_ms);
CREATE INDEX utterances_waiting ON utterances (row) WHERE indexed = 0;
CREATE INDEX utterances_start ON utterances (session_id, start_ms);

CREATE TABLE translations (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  utterance_id TEXT NOT NULL,
  language TEXT NOT NULL,
  rev INTEGER NOT NULL,
  text TEXT NOT NULL,
  PRIMARY KEY (session_id, utterance_id, language)
);

CREATE TABLE gaps (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  id TEXT NOT NULL,
  participant_id TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (session_id, id)
);

CREATE TABLE audio_tracks (
  id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL,
  stream TEXT NOT NULL,
  path TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  encoding TEXT NOT NULL
);
CREATE UNIQUE INDEX audio_tracks_stream ON audio_tracks (session_id, stream);

CREATE TABLE summaries (
  id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  model TEXT NOT NULL,
  template TEXT NOT NULL,
  body TEXT NOT NULL
);
CREATE INDEX summaries_session ON summaries (session_id, created_at);

CREATE TABLE marks (
  id TEXT PRIMARY KEY NOT NULL,
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  utterance_id TEXT,
  kind TEXT NOT NULL,
  start_ms INTEGER NOT NULL,
  end_ms INTEGER NOT NULL,
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX marks_session ON marks (session_id, start_ms);
