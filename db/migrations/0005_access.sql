-- Who may come in: links of rooms, the owner's account, sign-ins and keys. Secrets are stored as SHA-256 (they have at
-- least 128 random bits), the password as argon2id. What was withdrawn stays, so that its holder can be told so.

CREATE TABLE links (
  id TEXT PRIMARY KEY NOT NULL,
  room_id TEXT NOT NULL REFERENCES rooms (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
);
CREATE UNIQUE INDEX links_hash ON links (hash);
CREATE INDEX links_room ON links (room_id);

INSERT INTO links (id, room_id, role, hash, created_at)
  SELECT 'lnk_v_' || id, id, 'view', view_token, created_at FROM rooms WHERE view_token IS NOT NULL;
INSERT INTO links (id, room_id, role, hash, created_at)
  SELECT 'lnk_s_' || id, id, 'speak', speak_token, created_at FROM rooms WHERE speak_token IS NOT NULL;
INSERT INTO links (id, room_id, role, hash, created_at)
  SELECT 'lnk_h_' || id, id, 'host', host_token, created_at FROM rooms WHERE host_token IS NOT NULL;
ALTER TABLE rooms DROP COLUMN view_token;
ALTER TABLE rooms DROP COLUMN speak_token;
ALTER TABLE rooms DROP COLUMN host_token;

CREATE TABLE api_keys (
  id TEXT PRIMARY KEY NOT NULL,
  name TEXT NOT NULL,
  hint TEXT NOT NULL,
  hash TEXT NOT NULL,
  scopes TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER,
  revoked_at INTEGER
);
CREATE UNIQUE INDEX api_keys_hash ON api_keys (hash);

-- One owner: at most one row. The password is null for an account with passkeys only.
CREATE TABLE accounts (
  id INTEGER PRIMARY KEY NOT NULL,
  password_hash TEXT,
  created_at INTEGER NOT NULL
);

CREATE TABLE passkeys (
  id TEXT PRIMARY KEY NOT NULL,
  public_key TEXT NOT NULL,
  algorithm INTEGER NOT NULL,
  counter INTEGER NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER
);

CREATE TABLE sign_ins (
  id TEXT PRIMARY KEY NOT NULL,
  hash TEXT NOT NULL,
  browser TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  used_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX sign_ins_hash ON sign_ins (hash);

-- Links that make or reset the account: each works once and not for long.
CREATE TABLE setup_links (
  hash TEXT PRIMARY KEY NOT NULL,
  expires_at INTEGER NOT NULL
);

-- Grows with every change that takes a right away, also by "parley keys rm" beside a running server, which looks here.
CREATE TABLE access_changes (
  id INTEGER PRIMARY KEY NOT NULL,
  version INTEGER NOT NULL
);
INSERT INTO access_changes (id, version) VALUES (1, 0);

-- Who agreed to what before speaking. Goes with its meeting.
CREATE TABLE consents (
  session_id TEXT NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
  participant_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  version INTEGER NOT NULL,
  keep_what TEXT NOT NULL,
  keep_days INTEGER,
  PRIMARY KEY (session_id, participant_id, at)
);
