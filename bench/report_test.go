package main

import "testing"

func TestBusyMachine(t *testing.T) {
	for load, want := range map[string]bool{"0.10 3.00 3.00": false, "1.50 0.00 0.00": true, "": false} {
		if got := (machine{Cores: 4, LoadAvg: load}).busy(); got != want {
			t.Errorf("4 cores, load average %q: %v", load, got)
		}
	}
}

func TestVersionText(t *testing.T) {
	info := map[string]string{"redis_version": "7.2.4", "ferrous_version": "0.1", "gcc_version": "12", "multiplexing_api": "epoll"}
	if got := versionText(info); got != "ferrous_version 0.1, redis_version 7.2.4, multiplexing_api epoll" {
		t.Error(got)
	}
	if got := versionText(nil); got != "unknown version" {
		t.Error(got)
	}
}
