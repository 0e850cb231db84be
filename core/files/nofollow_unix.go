//go:build unix

package files

import "syscall"

// NoFollow is the flag of os.OpenFile that makes a link at the name an error,
// where the system has such a flag.
const NoFollow = syscall.O_NOFOLLOW
