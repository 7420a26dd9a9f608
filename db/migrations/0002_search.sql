-- Full text twice. `search_words`: whole words and prefixes; text of scripts without spaces is stored one character per
-- word, so that any run of them is a phrase. `search_parts`: any three characters in a row, for parts of compounds.
-- External content: the text itself stays in `utterances`; secure-delete takes removed words out of the index at once.

CREATE VIRTUAL TABLE search_words USING fts5 (
  spaced,
  content = 'utterances',
  content_rowid = 'row',
  tokenize = "unicode61 remove_diacritics 2 categories 'L* N* M* Co'",
  prefix = '2 3'
);
INSERT INTO search_words (search_words, rank) VALUES ('secure-delete', 1);

CREATE VIRTUAL TABLE search_parts USING fts5 (
  folded,
  content = 'utterances',
  content_rowid = 'row',
  tokenize = 'trigram',
  detail = full
);
INSERT INTO search_parts (search_parts, rank) VALUES ('secure-delete', 1);

-- New lines wait with indexed = 0 (db/indexing.ts): most are refined within seconds, and taking a line out of the
-- indexes again costs twenty times as much as putting it in. These keep the indexes true for lines that are in them.

CREATE TRIGGER utterances_removed AFTER DELETE ON utterances WHEN old.indexed = 1 BEGIN
  INSERT INTO search_words (search_words, rowid, spaced) VALUES ('delete', old.row, old.spaced);
  INSERT INTO search_parts (search_parts, rowid, folded) VALUES ('delete', old.row, old.folded);
END;

CREATE TRIGGER utterances_changed AFTER UPDATE OF spaced, folded ON utterances
WHEN old.indexed = 1 AND (old.spaced IS NOT new.spaced OR old.folded IS NOT new.folded) BEGIN
  INSERT INTO search_words (search_words, rowid, spaced) VALUES ('delete', old.row, old.spaced);
  INSERT INTO search_parts (search_parts, rowid, folded) VALUES ('delete', old.row, old.folded);
  UPDATE utterances SET indexed = 0 WHERE row = new.row;
END;
