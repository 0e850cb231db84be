package transactions_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	accounts = 8
	capital  = 1000 // of each
)

// TestTransfersKeepTheirSum: clients on several event loops move amounts between
// accounts, blindly in MULTI or computing the balances under WATCH, and others
// add all of them up. Nobody ever sees money on its way, and none is lost.
func TestTransfersKeepTheirSum(t *testing.T) {
	all := start(t, 6)
	for i := range accounts {
		all[0].want("OK", fmt.Sprintf("SET account:%d %d", i, capital))
	}
	var over atomic.Bool
	var blind, watched, conflicts, looks atomic.Int64
	var wg sync.WaitGroup
	run := func(c *client, step func(c *client)) {
		wg.Go(func() {
			for !over.Load() {
				step(c)
			}
		})
	}
	transfer := func(c *client) {
		from, to, amount := pick()
		c.Do("MULTI", fmt.Sprintf("DECRBY %s %d", from, amount), fmt.Sprintf("INCRBY %s %d", to, amount), "EXEC")
		blind.Add(1)
	}
	compute := func(c *client) {
		from, to, amount := pick()
		c.want("OK", "WATCH "+from+" "+to)
		a, b := number(t, c.Do("GET "+from)), number(t, c.Do("GET "+to))
		switch got := c.Do("MULTI", fmt.Sprintf("SET %s %d", from, a-amount), fmt.Sprintf("SET %s %d", to, b+amount), "EXEC"); got {
		case "OK QUEUED QUEUED OK OK":
			watched.Add(1)
		case "OK QUEUED QUEUED (nil)":
			conflicts.Add(1)
		default:
			t.Errorf("EXEC: %q", got)
		}
	}
	var mget, gets string
	multi := []string{"MULTI"}
	for i := range accounts {
		mget += fmt.Sprintf(" account:%d", i)
		multi = append(multi, fmt.Sprintf("GET account:%d", i))
		gets += "QUEUED "
	}
	multi = append(multi, "EXEC")
	check := func(balances string) {
		looks.Add(1)
		sum := 0
		for _, n := range strings.Fields(balances) {
			sum += number(t, n)
		}
		if sum != accounts*capital {
			t.Errorf("the sum is %d: %s", sum, balances)
			over.Store(true)
		}
	}
	run(all[0], transfer)
	run(all[1], transfer)
	run(all[2], compute)
	run(all[3], compute)
	run(all[4], func(c *client) { check(c.Do("MGET" + mget)) })
	run(all[5], func(c *client) { check(strings.TrimPrefix(c.Do(multi...), "OK "+gets)) })
	enough := func() bool { return min(blind.Load(), watched.Load(), 10*conflicts.Load(), looks.Load()) > 200 }
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && !over.Load(); time.Sleep(time.Millisecond) {
		if enough() {
			break
		}
	}
	over.Store(true)
	wg.Wait()
	t.Logf("%d blind transfers, %d under WATCH and %d failed ones, %d looks", blind.Load(), watched.Load(), conflicts.Load(), looks.Load())
	if !enough() {
		t.Error("this test tests nothing")
	}
	check(all[0].Do("MGET" + mget))
}

// pick chooses two different accounts and an amount.
func pick() (from, to string, amount int) {
	a := rand.IntN(accounts)
	b := (a + 1 + rand.IntN(accounts-1)) % accounts
	return fmt.Sprintf("account:%d", a), fmt.Sprintf("account:%d", b), 1 + rand.IntN(50)
}

func number(t *testing.T, s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Error(err)
	}
	return n
}

// TestWatchedCounter: what is read under WATCH and written back loses nothing,
// while others change the key in every way there is.
func TestWatchedCounter(t *testing.T) {
	const clients, each = 4, 150
	all := start(t, clients+1)
	all[0].want("OK", "SET n 0")
	var wg sync.WaitGroup
	var over atomic.Bool
	for _, c := range all[:clients] {
		wg.Go(func() {
			for done := 0; done < each; {
				c.Do("WATCH n")
				n := number(t, c.Do("GET n"))
				if c.Do("MULTI", fmt.Sprintf("SET n %d", n+1), "EXEC") == "OK QUEUED OK" {
					done++
				}
			}
		})
	}
	// Swapping with an empty database twice, in one transaction, is a change, but
	// what is then there is the same.
	wg2 := sync.WaitGroup{}
	wg2.Go(func() {
		for !over.Load() {
			all[clients].Do("MULTI", "SWAPDB 0 1", "SWAPDB 0 1", "EXEC")
			time.Sleep(100 * time.Microsecond)
		}
	})
	wg.Wait()
	over.Store(true)
	wg2.Wait()
	all[0].want(strconv.Itoa(clients*each), "GET n")
}

// TestWatchedKeysNeedNotBeWritten: two clients exclude each other by flags of
// which each writes one and watches the other. That fails as soon as a watched
// key can change between the look at it and the writes of EXEC.
func TestWatchedKeysNeedNotBeWritten(t *testing.T) {
	all := start(t, 2)
	all[0].want("OK OK", "SET flag:0 0", "SET flag:1 0")
	var inside, entered, refused atomic.Int64
	var over atomic.Bool
	var wg sync.WaitGroup
	for i, c := range all {
		mine, other := fmt.Sprintf("flag:%d", i), fmt.Sprintf("flag:%d", 1-i)
		wg.Go(func() {
			for !over.Load() {
				if c.Do("WATCH "+other, "GET "+other) != "OK 0" {
					c.Do("UNWATCH")
					continue
				}
				if rand.IntN(4) == 0 { // else a lone processor might never change hands here
					time.Sleep(time.Duration(rand.IntN(200)) * time.Microsecond)
				}
				if c.Do("MULTI", "SET "+mine+" 1", "EXEC") != "OK QUEUED OK" {
					refused.Add(1)
					continue
				}
				if inside.Add(1) != 1 {
					t.Error("both are inside")
					over.Store(true)
				}
				entered.Add(1)
				inside.Add(-1)
				c.Do("SET " + mine + " 0")
			}
		})
	}
	enough := func() bool { return entered.Load() >= 500 && refused.Load() >= 20 }
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && !over.Load() && !enough(); {
		time.Sleep(time.Millisecond)
	}
	over.Store(true)
	wg.Wait()
	t.Logf("entered %d times, refused %d times", entered.Load(), refused.Load())
	if !enough() {
		t.Error("this test tests nothing")
	}
}
