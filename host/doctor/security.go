package doctor

import (
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

// outside returns the addresses that others than this machine reach.
func (p *Patient) outside() (open []string) {
	if p.number("port") == 0 && p.number("tls-port") == 0 {
		return nil
	}
	for _, addr := range strings.Fields(p.text("bind")) {
		addr = strings.TrimPrefix(addr, "-")
		if ip := net.ParseIP(addr); addr != "localhost" && (ip == nil || !ip.IsLoopback()) {
			open = append(open, addr)
		}
	}
	return open
}

// openToAll: whoever reaches the port may do everything.
func openToAll(p *Patient, f *findings) {
	where := strings.Join(p.outside(), " ")
	switch {
	case where == "" || !p.Open:
	case p.yes("protected-mode"):
		f.say(Note, "protected", "The server listens on "+where+" and has no password. As long as that is so, it serves this machine alone (protected-mode).",
			"For other machines set a password (requirepass) or users (user, aclfile); else bind 127.0.0.1, so that others do not even reach it.")
	default:
		f.say(Danger, "open-to-all", "Whoever reaches "+where+" may read, change and delete everything: there is no password, and protected-mode is off.",
			"Set requirepass, or a password for the default user (user default on >... ~* &* +@all); or bind 127.0.0.1; or let protected-mode be yes.")
	}
	if perm := p.text("unixsocketperm"); p.Open && p.text("unixsocket") != "" && strings.HasSuffix(perm, "7") {
		f.say(Warning, "open-socket", "Every user of this machine may use the unix socket (unixsocketperm "+perm+"), and there is no password.",
			"Set unixsocketperm 770, and unixsocketgroup to the group of those who may.")
	}
}

// plainText: passwords that can be read on the way.
func plainText(p *Patient, f *findings) {
	if p.Open || p.number("port") == 0 || len(p.outside()) == 0 {
		return
	}
	f.say(Warning, "plain-text", "Passwords and data pass the network as they are: whoever listens there reads them (port "+p.text("port")+" is without TLS).",
		"Set tls-port with a certificate (tls-cert-file, tls-key-file) and port 0; or bind addresses of a network that is yours alone.")
}

// shortest is a password that cannot be tried out at the speed of a server like this.
const shortest = 16

func weakPassword(p *Patient, f *findings) {
	password := p.text("requirepass")
	if password == "" || len(p.outside()) == 0 || len(password) >= shortest {
		return
	}
	f.say(Warning, "weak-password", fmt.Sprintf("requirepass has %d characters. A million passwords can be tried in some seconds, since the server is fast.", len(password)),
		"Take a long one that nobody has to remember: openssl rand -base64 32; or users with long passwords.")
}

func dangerousCommands(p *Patient, f *findings) {
	if len(p.outside()) == 0 {
		return
	}
	for _, c := range []struct{ name, what string }{
		{"enable-debug-command", "DEBUG, which can stop the server"},
		{"enable-protected-configs", "CONFIG SET of files and directories, by which one can write files as the server's user"},
	} {
		if !p.yes(c.name) {
			continue
		}
		level := Warning
		if p.Open && !p.yes("protected-mode") {
			level = Danger
		}
		f.say(level, c.name, "Clients from elsewhere may use "+c.what+" ("+c.name+" yes).", "Set "+c.name+" to local, or to no.")
	}
}

// File is what is to be known of a file of the configuration.
type File struct {
	Mode    os.FileMode
	Secret  bool      // it has secrets in it
	Expires time.Time // of a certificate
	Err     error
}

func certificates(p *Patient, f *findings) {
	if p.number("tls-port") == 0 {
		return
	}
	name := p.text("tls-cert-file")
	file, ok := p.Files[name]
	switch left := file.Expires.Sub(p.Machine.Now); {
	case !ok:
	case file.Err != nil:
		f.say(Danger, "certificate", fmt.Sprintf("%s cannot be read as a certificate: %v.", name, file.Err), "The server will not start like that: check tls-cert-file and tls-key-file.")
	case left <= 0:
		f.say(Danger, "certificate", "The certificate "+name+" has expired on "+file.Expires.Format(time.DateOnly)+": clients refuse it.", "Put a new one in its place.")
	case left < 30*24*time.Hour:
		f.say(Warning, "certificate", fmt.Sprintf("The certificate %s expires in %d days.", name, int(left.Hours()/24)), "Renew it.")
	}
	if p.number("tls-auto-reload-interval") == 0 {
		f.say(Note, "certificate-reload", "A renewed certificate comes into use when somebody says CONFIG SET tls-cert-file again, or at a restart.",
			"To have the server look for itself: tls-auto-reload-interval 60.")
	}
	for _, old := range []string{"TLSv1", "TLSv1.1"} {
		if slices.ContainsFunc(strings.Fields(p.text("tls-protocols")), func(s string) bool { return strings.EqualFold(s, old) }) {
			f.say(Warning, "old-tls", old+" is offered, which has known weaknesses.", "Leave tls-protocols empty.")
		}
	}
}

// secretFiles: secrets that other users of the machine read.
func secretFiles(p *Patient, f *findings) {
	var names []string
	for name, file := range p.Files {
		if file.Secret && file.Err == nil && file.Mode.Perm()&0o004 != 0 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		f.say(Warning, "readable-secret", "Every user of this machine can read "+name+", which has secrets in it.", "chmod o-r "+name)
	}
}

func asRoot(p *Patient, f *findings) {
	if p.Machine.Root {
		f.say(Warning, "root", "The server would run as root, as whom a mistake or a stolen password does more harm than it must.",
			"Run it as a user of its own: the unit of the packages does.")
	}
}
