BEGIN TRANSACTION;
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, reader TEXT NOT NULL, title TEXT NOT NULL, changed REAL NOT NULL
);
INSERT INTO "conversations" VALUES('276763c822c9be2c','','How long does a cat sleep?',1700000002.0);
CREATE TABLE exchanges (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    question TEXT NOT NULL, answer TEXT NOT NULL DEFAULT '', error TEXT NOT NULL DEFAULT '',
    verdict INTEGER, comment TEXT NOT NULL DEFAULT '', gold TEXT NOT NULL DEFAULT '[]'
);
INSERT INTO "exchanges" VALUES(1,'276763c822c9be2c','How long does a cat sleep?','{"question":"How long does a cat sleep?","query":"How long does a cat sleep?","sentences":[{"text":"A cat sleeps sixteen hours a day.","source":1,"support":0.99,"origin":"quoted"}],"sources":[{"number":1,"quote":"A cat sleeps sixteen hours a day.","hit":{"passage":{"id":"d-0001","document":"d","file":"animals.pdf","title":"About animals","pages":[2,3],"headings":["Animals","Cats"],"text":"A cat sleeps sixteen hours a day. It hunts mice at night.","spans":[{"page":2,"start":0,"end":33},{"page":3,"start":0,"end":23}],"overlap":0,"language":"en"},"stages":{"dense":{"score":0.71,"rank":1},"lexical":{"score":4.2,"rank":2},"fused":{"score":0.9,"rank":1},"reranked":{"score":0.95,"rank":1}}},"score":0.93,"start":0,"end":33,"standing":2.5}],"hits":[{"passage":{"id":"d-0001","document":"d","file":"animals.pdf","title":"About animals","pages":[2,3],"headings":["Animals","Cats"],"text":"A cat sleeps sixteen hours a day. It hunts mice at night.","spans":[{"page":2,"start":0,"end":33},{"page":3,"start":0,"end":23}],"overlap":0,"language":"en"},"stages":{"dense":{"score":0.71,"rank":1},"lexical":{"score":4.2,"rank":2},"fused":{"score":0.9,"rank":1},"reranked":{"score":0.95,"rank":1}}}],"abstained":false,"evidence":[{"number":1,"quote":"A cat sleeps sixteen hours a day.","hit":{"passage":{"id":"d-0001","document":"d","file":"animals.pdf","title":"About animals","pages":[2,3],"headings":["Animals","Cats"],"text":"A cat sleeps sixteen hours a day. It hunts mice at night.","spans":[{"page":2,"start":0,"end":33},{"page":3,"start":0,"end":23}],"overlap":0,"language":"en"},"stages":{"dense":{"score":0.71,"rank":1},"lexical":{"score":4.2,"rank":2},"fused":{"score":0.9,"rank":1},"reranked":{"score":0.95,"rank":1}}},"score":0.93,"start":0,"end":33,"standing":2.5},{"number":2,"quote":"It hunts mice at night.","hit":{"passage":{"id":"d-0001","document":"d","file":"animals.pdf","title":"About animals","pages":[2,3],"headings":["Animals","Cats"],"text":"A cat sleeps sixteen hours a day. It hunts mice at night.","spans":[{"page":2,"start":0,"end":33},{"page":3,"start":0,"end":23}],"overlap":0,"language":"en"},"stages":{"dense":{"score":0.71,"rank":1},"lexical":{"score":4.2,"rank":2},"fused":{"score":0.9,"rank":1},"reranked":{"score":0.95,"rank":1}}},"score":0.4,"start":34,"end":57,"standing":-0.5}],"confidence":0.87,"draft":"","stopped":false,"sampling":{"strategy":"greedy"},"seconds":{"encode":0.01,"retrieve":0.02},"models":{"encoder":"e5@1"},"stamp":"0123abcd"}','',1,'right page','[]');
INSERT INTO "exchanges" VALUES(2,'276763c822c9be2c','And at night?','','Stopped before it was begun; ask it again.',NULL,'','[]');
CREATE TABLE preferences (reader TEXT PRIMARY KEY, chosen TEXT NOT NULL);
INSERT INTO "preferences" VALUES('','{"changes": {"retrieval": {"top_k": 3}}, "language": "de"}');
CREATE INDEX exchanges_by_conversation ON exchanges (conversation);
DELETE FROM "sqlite_sequence";
INSERT INTO "sqlite_sequence" VALUES('exchanges',2);
COMMIT;
