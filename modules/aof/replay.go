package aof

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ferrousdb/ferrous/core/arena"
	"github.com/ferrousdb/ferrous/core/files"
)

// commands plays the rest of a file.
func (l *loader) commands(r *reader, name string, last bool) error {
	u := unit{}
	l.player = l.m.srv.Player(l.within) // each file selects its databases itself
	defer l.player.Close()
	good, seen := r.off, r.off // up to where everything has been played, and was counted
	micros := int64(0)
	for n := 0; ; n++ {
		if n%1024 == 0 {
			if err := l.ctx.Err(); err != nil {
				return err
			}
			l.progress.Add(r.off - seen)
			seen = r.off
			if d := l.m.params.loadDelay; d != nil {
				micros = d.Load()
			}
		}
		at := r.off
		r.note = r.note[:0]
		args, err := r.next()
		if len(r.note) > 0 {
			l.position = parsePosition(r.note)
		}
		if err == nil {
			l.position = nil // until it is told again
			err = placed(l.take(&u, args), at)
		} else if err == io.EOF && u.open {
			l.m.log.Warn("Revert incomplete MULTI/EXEC transaction in AOF file " + name)
			err = errTorn
		}
		switch {
		case err == nil:
			if !u.open {
				good = r.off
			}
			sleep(l.ctx, micros)
		case err == io.EOF:
			l.progress.Add(r.off - seen)
			return nil
		case errors.Is(err, errTorn):
			l.cut += r.size - good
			return l.torn(name, good, last)
		default:
			return l.explain(err, name)
		}
	}
}

// explain words an error as Redis does.
func (l *loader) explain(err error, name string) error {
	var bad *damage
	var unknown *unknownCommand
	switch {
	case errors.As(err, &bad):
		return fmt.Errorf("Bad file format reading the append only file %s: make a backup of your AOF file, "+
			"then use ferrous check --fix <filename.manifest> (%w)", name, err)
	case errors.As(err, &unknown):
		text := fmt.Sprintf("Unknown command '%s' reading the append only file %s", unknown.name, name)
		if unknown.where != "" {
			text += " (it is in " + unknown.where + ")"
		}
		return errors.New(text)
	}
	return said("Unrecoverable error reading the append only file "+name, err)
}

// torn deals with a file that ends too early: only the last one may, where the
// machine has failed while it was written. What follows offset good is cut off.
func (l *loader) torn(name string, good int64, last bool) error {
	log := l.m.log
	if !last {
		return fmt.Errorf("Fatal error: the truncated file is not the last file (%s, at offset %d)", name, good)
	}
	if l.m.params.truncated.Load() {
		log.Warn("!!! Warning: short read while loading the AOF file " + name + "!!!")
		log.Warn(fmt.Sprintf("!!! Truncating the AOF %s at offset %d !!!", name, good))
		err := truncate(l.m.where.in(name), good)
		if err == nil {
			log.Warn("AOF " + name + " loaded anyway because aof-load-truncated is enabled")
			return nil
		}
		log.Warn("Error truncating the AOF file " + name + ": " + files.Strerror(err))
	}
	return fmt.Errorf("Unexpected end of file reading the append only file %s, after offset %d. You can: "+
		"1) Make a backup of your AOF file, then use ferrous check --fix <filename.manifest>. "+
		"2) Alternatively you can set the 'aof-load-truncated' configuration option to yes and restart the server.", name, good)
}

// truncate cuts a file off, for good.
func truncate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

// placed says where in the file something is wrong.
func placed(err error, at int64) error {
	var d *damage
	if errors.As(err, &d) && d.at == nowhere {
		d.at = at
	}
	return err
}

// unit is what has been read of a transaction.
type unit struct {
	open bool
	text []byte // the arguments of its commands, one after the other
	ends []int  // where they end
	lens []int  // how many each command has
	args [][]byte
}

// add keeps a command until its transaction is complete.
func (u *unit) add(args [][]byte) {
	for _, a := range args {
		u.text = arena.Append(u.text, a)
		u.ends = append(u.ends, len(u.text))
	}
	u.lens = append(u.lens, len(args))
}

// each visits the commands.
func (u *unit) each(fn func(args [][]byte) error) error {
	at, begin := 0, 0
	for _, n := range u.lens {
		u.args = u.args[:0]
		for _, end := range u.ends[at : at+n] {
			u.args = append(u.args, u.text[begin:end:end])
			begin = end
		}
		at += n
		if err := fn(u.args); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) reset(open bool) {
	u.open, u.text, u.ends, u.lens = open, u.text[:0], u.ends[:0], u.lens[:0]
}

// take plays a command, or keeps it if it belongs to a transaction: that is
// played when all of it is there.
func (l *loader) take(u *unit, args [][]byte) error {
	switch {
	case len(args) == 1 && isWord(args[0], "multi"):
		if u.open {
			return &damage{nowhere, "a MULTI within another"}
		}
		u.reset(true)
	case len(args) == 1 && isWord(args[0], "exec"):
		if !u.open {
			return &damage{nowhere, "an EXEC without MULTI"}
		}
		err := u.each(l.play)
		u.reset(false)
		return err
	case u.open:
		u.add(args)
	default:
		return l.play(args)
	}
	return nil
}

func isWord(b []byte, word string) bool {
	return len(b) == len(word) && strings.EqualFold(string(b), word)
}

// unknownCommand is the error for a command that this server does not have.
type unknownCommand struct {
	name  string
	where string // the module that has it, and why it is not there
}

func (e *unknownCommand) Error() string { return "unknown command '" + e.name + "'" }

// sayRefused is how many commands that fail are logged.
const sayRefused = 20

// play executes a command. One that is answered with an error would have been so
// when it was logged; as in Redis it is told and does not end the load.
func (l *loader) play(args [][]byte) error {
	err := l.player.Play(args)
	if err == nil {
		return nil
	}
	cmd := l.m.srv.Registry().FindFed(args[0])
	switch {
	case cmd == nil && l.function(args):
		return nil
	case cmd == nil:
		return &unknownCommand{string(clip(args[0])), l.m.srv.Registry().Where(string(args[0]))}
	case len(cmd.Sub) == 0 && !cmd.ArityOK(len(args)):
		return &damage{nowhere, err.Error()}
	case isWord(args[0], "select"): // what follows would go elsewhere
		return &damage{nowhere, err.Error()}
	}
	if l.refused++; l.refused <= sayRefused {
		l.m.log.Warn("a command of the AOF was answered with an error", "command", cmd.FullName(), "error", err)
	}
	return nil
}

// function keeps the libraries of functions of a server that has no module to
// run them.
func (l *loader) function(args [][]byte) bool {
	functions := l.m.srv.Registry().Functions
	if functions.Owned() || len(args) < 2 || !isWord(args[0], "function") {
		return false
	}
	switch {
	case isWord(args[1], "load") && len(args) == 3:
		return functions.Load(args[2], false) == nil
	case isWord(args[1], "load") && len(args) == 4 && isWord(args[2], "replace"):
		return functions.Load(args[3], true) == nil
	case isWord(args[1], "flush"):
		functions.Flush()
		return true
	}
	return false
}
