package behind

import (
	"database/sql"
	"iter"

	_ "github.com/ncruces/go-sqlite3/driver" // SQLite itself, as Go
)

// table is the file. It is for one goroutine.
type table struct{ *sql.DB }

const (
	create = `CREATE TABLE IF NOT EXISTS strings (db INTEGER, key BLOB, value BLOB, PRIMARY KEY (db, key)) WITHOUT ROWID`
	upsert = `INSERT INTO strings VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value WHERE value IS NOT excluded.value`
	remove = `DELETE FROM strings WHERE db = ? AND key = ?`
	// What a comparison has seen; of this connection alone.
	seen   = `CREATE TEMP TABLE IF NOT EXISTS seen (db INTEGER, key BLOB, PRIMARY KEY (db, key)) WITHOUT ROWID`
	forget = `DELETE FROM seen`
	see    = `INSERT INTO seen VALUES (?, ?)`
	unseen = `DELETE FROM strings WHERE (db, key) NOT IN (SELECT db, key FROM seen)`
)

func open(file string) (*table, error) {
	db, err := sql.Open("sqlite3", "file:"+file+"?_pragma=journal_mode(wal)&_pragma=synchronous(full)")
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1) // which the temporary table is of
	for _, statement := range []string{create, seen} {
		if _, err := db.Exec(statement); err != nil {
			db.Close()
			return nil, err
		}
	}
	return &table{db}, nil
}

// update writes values, all or none; those that are nil leave the table. It returns how many rows were written.
func (t *table) update(values map[place][]byte) (rows int64, err error) {
	return t.transaction(func(exec func(statement string, args ...any) error) error {
		for p, value := range values {
			if value == nil {
				err = exec(remove, p.db, []byte(p.key))
			} else {
				err = exec(upsert, p.db, []byte(p.key), value)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// replace makes the table equal to all strings that there are.
func (t *table) replace(all iter.Seq2[place, []byte]) (rows int64, err error) {
	if _, err := t.Exec(forget); err != nil {
		return 0, err
	}
	return t.transaction(func(exec func(statement string, args ...any) error) error {
		for p, value := range all {
			if err := exec(see, p.db, []byte(p.key)); err != nil {
				return err
			}
			if err := exec(upsert, p.db, []byte(p.key), value); err != nil {
				return err
			}
		}
		return exec(unseen)
	})
}

// transaction runs statements, all or none, and counts the rows that they change.
func (t *table) transaction(run func(exec func(statement string, args ...any) error) error) (rows int64, err error) {
	tx, err := t.Begin()
	if err != nil {
		return 0, err
	}
	defer func() { _ = tx.Rollback() }() // nothing, once it is committed
	prepared := map[string]*sql.Stmt{}
	err = run(func(statement string, args ...any) error {
		s := prepared[statement]
		if s == nil {
			if s, err = tx.Prepare(statement); err != nil {
				return err
			}
			prepared[statement] = s // closed with the transaction
		}
		result, err := s.Exec(args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		if statement != see {
			rows += n
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	return rows, tx.Commit()
}
