# /etc/ferrous/ferrous.hcl: the configuration of the service.
#
# Every setting, with its default: /usr/share/doc/ferrous/ferrous.hcl, or "ferrous --default-config".
# Check with "ferrous --check-config /etc/ferrous/ferrous.hcl"; ask "ferrous doctor /etc/ferrous/ferrous.hcl" what to improve.

# Only this machine. For others: bind = "*", a password or users (user = [...]), and better TLS (tls-port).
bind = ["127.0.0.1", "-::1"]
port = 6379
unixsocket = "/run/ferrous/ferrous.sock"
unixsocketperm = "770"

dir = "/var/lib/ferrous"
appendonly = true

# Without a file the log goes to the journal: journalctl -u ferrous. With one, logrotate keeps it short.
# logfile = "/var/log/ferrous/ferrous.log"

supervised = "systemd"

# How much the data may take. Without a limit the kernel ends the server when memory is out.
# maxmemory = "1gb"
# maxmemory-policy = "noeviction"

# CONFIG SET of what reaches the file system, and DEBUG, stay off.
