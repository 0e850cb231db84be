// Asynq: tasks in lists and sorted sets, moved by Lua scripts that touch keys which they do
// not declare.
package main

// tries asynq | github.com/hibiken/asynq | priorities, retries, archive, schedules, unique tasks, groups, periodic tasks, the inspector, a server that dies

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"sync"
	"time"

	"github.com/hibiken/asynq"

	"github.com/ferrousdb/ferrous/conformance/programs/go/cases"
)

var conn = asynq.RedisClientOpt{Addr: cases.Addr()}

func main() {
	log.SetOutput(io.Discard)
	cases.Check("tasks by priority", weighted)
	cases.Check("retries and archive", retries)
	cases.Check("scheduled and unique", scheduled)
	cases.Check("groups", groups)
	cases.Check("periodic", periodic)
	cases.Check("inspector", inspect)
	cases.Check("a server that dies", recovered)
}

// serve starts a server of asynq, quick to look.
func serve(cfg asynq.Config, h asynq.Handler) (*asynq.Server, error) {
	cfg.LogLevel = asynq.FatalLevel
	cfg.TaskCheckInterval, cfg.DelayedTaskCheckInterval = 20*time.Millisecond, 20*time.Millisecond
	cfg.HealthCheckInterval, cfg.JanitorInterval = time.Second, time.Second
	s := asynq.NewServer(conn, cfg)
	return s, s.Start(h)
}

// seen collects what handlers see.
type seen struct {
	sync.Mutex
	all []string
}

func (s *seen) note(text string) { s.Lock(); s.all = append(s.all, text); s.Unlock() }
func (s *seen) len() int         { s.Lock(); defer s.Unlock(); return len(s.all) }
func (s *seen) sorted() []string {
	s.Lock()
	defer s.Unlock()
	return slices.Sorted(slices.Values(s.all))
}

func weighted(ctx context.Context) (any, error) {
	c := asynq.NewClient(conn)
	defer c.Close()
	for i := range 60 {
		q := []string{"high", "low"}[i%2]
		if _, err := c.EnqueueContext(ctx, asynq.NewTask("n", fmt.Append(nil, q)), asynq.Queue(q)); err != nil {
			return nil, err
		}
	}
	var s seen
	srv, err := serve(asynq.Config{Concurrency: 1, Queues: map[string]int{"high": 2, "low": 1}, StrictPriority: true}, asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		s.note(string(t.Payload()))
		return nil
	}))
	if err != nil {
		return nil, err
	}
	defer srv.Shutdown()
	err = cases.Until(ctx, "all are done", func() bool { return s.len() == 60 })
	return []any{s.len(), slices.IsSorted(s.all)}, err
}

func retries(ctx context.Context) (any, error) {
	c := asynq.NewClient(conn)
	defer c.Close()
	i := asynq.NewInspector(conn)
	defer i.Close()
	var s seen
	srv, err := serve(asynq.Config{Concurrency: 4, Queues: map[string]int{"retry": 1},
		RetryDelayFunc: func(int, error, *asynq.Task) time.Duration { return 10 * time.Millisecond },
		IsFailure:      func(err error) bool { return err.Error() != "not a failure" }},
		asynq.HandlerFunc(func(ctx context.Context, t *asynq.Task) error {
			n, _ := asynq.GetRetryCount(ctx)
			s.note(fmt.Sprint(t.Type(), n))
			switch {
			case t.Type() == "skip":
				return fmt.Errorf("useless: %w", asynq.SkipRetry)
			case t.Type() == "revoke":
				return asynq.RevokeTask
			case t.Type() == "panic":
				panic("oh")
			case t.Type() == "always" || n < 2:
				return errors.New("again")
			}
			_, err := t.ResultWriter().Write([]byte("result"))
			return err
		}))
	if err != nil {
		return nil, err
	}
	defer srv.Shutdown()
	ids := map[string]string{}
	for _, name := range []string{"twice", "always", "skip", "revoke", "panic"} {
		info, err := c.EnqueueContext(ctx, asynq.NewTask(name, nil), asynq.Queue("retry"), asynq.MaxRetry(2), asynq.Retention(time.Hour))
		if err != nil {
			return nil, err
		}
		ids[name] = info.ID
	}
	err = cases.Until(ctx, "three are archived and one is completed", func() bool {
		q, err := i.GetQueueInfo("retry")
		return err == nil && q.Archived == 3 && q.Completed == 1 && q.Active == 0
	})
	if err != nil {
		return nil, err
	}
	done, err := i.GetTaskInfo("retry", ids["twice"])
	if err != nil {
		return nil, err
	}
	dead, err := i.GetTaskInfo("retry", ids["always"])
	if err != nil {
		return nil, err
	}
	_, gone := i.GetTaskInfo("retry", ids["revoke"])
	q, err := i.GetQueueInfo("retry")
	return []any{s.sorted(), string(done.Result), done.State.String(), dead.LastErr, dead.Retried, dead.State.String(), errors.Is(gone, asynq.ErrTaskNotFound), q.Processed, q.Failed, q.Size}, err
}

func scheduled(ctx context.Context) (any, error) {
	c := asynq.NewClient(conn)
	defer c.Close()
	var s seen
	var got []any
	for _, ms := range []int{300, 100, 200} {
		_, err := c.EnqueueContext(ctx, asynq.NewTask("later", fmt.Append(nil, ms)), asynq.Queue("sched"), asynq.ProcessIn(time.Duration(ms)*time.Millisecond))
		if err != nil {
			return nil, err
		}
	}
	task := asynq.NewTask("unique", []byte("u"))
	for range 2 {
		_, err := c.EnqueueContext(ctx, task, asynq.Queue("sched"), asynq.Unique(time.Hour), asynq.ProcessIn(500*time.Millisecond))
		got = append(got, errors.Is(err, asynq.ErrDuplicateTask))
	}
	for range 2 {
		_, err := c.EnqueueContext(ctx, asynq.NewTask("id", nil), asynq.Queue("sched"), asynq.TaskID("one"))
		got = append(got, errors.Is(err, asynq.ErrTaskIDConflict))
	}
	srv, err := serve(asynq.Config{Concurrency: 1, Queues: map[string]int{"sched": 1}}, asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		s.note(t.Type() + string(t.Payload()))
		return nil
	}))
	if err != nil {
		return nil, err
	}
	defer srv.Shutdown()
	if err := cases.Until(ctx, "five are done", func() bool { return s.len() == 5 }); err != nil {
		return nil, err
	}
	err = cases.Until(ctx, "the unique one may come again", func() bool {
		_, err := c.EnqueueContext(ctx, task, asynq.Queue("sched"), asynq.Unique(time.Hour))
		return err == nil
	})
	return append(got, s.sorted()[:5]), err
}

func groups(ctx context.Context) (any, error) {
	c := asynq.NewClient(conn)
	defer c.Close()
	var s seen
	srv, err := serve(asynq.Config{Concurrency: 2, Queues: map[string]int{"groups": 1},
		GroupGracePeriod: time.Second, GroupMaxDelay: 5 * time.Second, GroupMaxSize: 10,
		GroupAggregator: asynq.GroupAggregatorFunc(func(group string, tasks []*asynq.Task) *asynq.Task {
			return asynq.NewTask("batch", fmt.Appendf(nil, "%s %d", group, len(tasks)))
		})}, asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error { s.note(string(t.Payload())); return nil }))
	if err != nil {
		return nil, err
	}
	defer srv.Shutdown()
	for n := range 24 {
		if _, err := c.EnqueueContext(ctx, asynq.NewTask("part", fmt.Append(nil, n)), asynq.Queue("groups"), asynq.Group([]string{"a", "b"}[n%2])); err != nil {
			return nil, err
		}
	}
	total := func() (sum int) {
		for _, text := range s.sorted() {
			var group string
			var n int
			_, _ = fmt.Sscan(text, &group, &n)
			sum += n
		}
		return sum
	}
	err = cases.Until(ctx, "all are aggregated", func() bool { return total() == 24 })
	return total(), err
}

func periodic(ctx context.Context) (any, error) {
	var s seen
	srv, err := serve(asynq.Config{Concurrency: 1, Queues: map[string]int{"periodic": 1}}, asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error {
		s.note(t.Type())
		return nil
	}))
	if err != nil {
		return nil, err
	}
	defer srv.Shutdown()
	sch := asynq.NewScheduler(conn, &asynq.SchedulerOpts{LogLevel: asynq.FatalLevel})
	id, err := sch.Register("@every 1s", asynq.NewTask("tick", nil), asynq.Queue("periodic"))
	if err != nil {
		return nil, err
	}
	if err := sch.Start(); err != nil {
		return nil, err
	}
	defer sch.Shutdown()
	if err := cases.Until(ctx, "two ticks", func() bool { return s.len() >= 2 }); err != nil {
		return nil, err
	}
	i := asynq.NewInspector(conn)
	defer i.Close()
	var entries []*asynq.SchedulerEntry
	err = cases.Until(ctx, "the scheduler tells of itself", func() bool {
		entries, err = i.SchedulerEntries()
		return err == nil && len(entries) == 1
	})
	if err != nil {
		return nil, err
	}
	events, err := i.ListSchedulerEnqueueEvents(id)
	return []any{len(entries), entries[0].Spec, len(events) >= 2}, err
}

func inspect(ctx context.Context) (any, error) {
	c := asynq.NewClient(conn)
	defer c.Close()
	i := asynq.NewInspector(conn)
	defer i.Close()
	var ids []string
	for n := range 20 {
		opts := []asynq.Option{asynq.Queue("look"), asynq.TaskID(fmt.Sprint("t", n))}
		if n%2 == 1 {
			opts = append(opts, asynq.ProcessIn(time.Hour))
		}
		info, err := c.EnqueueContext(ctx, asynq.NewTask("x", fmt.Append(nil, n)), opts...)
		if err != nil {
			return nil, err
		}
		ids = append(ids, info.ID)
	}
	var got []any
	note := func(v any, err error) { got = append(got, v, cases.Text(err)) }
	pending, err := i.ListPendingTasks("look", asynq.PageSize(3), asynq.Page(2))
	for _, t := range pending {
		note(t.ID, err)
	}
	note(nil, i.PauseQueue("look"))
	note(nil, i.PauseQueue("look"))
	note(nil, i.UnpauseQueue("look"))
	note(nil, i.RunTask("look", ids[1]))
	note(nil, i.RunTask("look", ids[0]))
	note(nil, i.ArchiveTask("look", ids[2]))
	note(nil, i.DeleteTask("look", ids[4]))
	note(nil, i.DeleteTask("look", "none"))
	note(nil, i.UpdateTaskPayload("look", ids[3], []byte("new")))
	note(i.RunAllScheduledTasks("look"))
	note(i.ArchiveAllPendingTasks("look"))
	note(i.RunAllArchivedTasks("look"))
	note(nil, i.DeleteQueue("look", false))
	q, err := i.GetQueueInfo("look")
	note([]int{q.Size, q.Pending, q.Scheduled, q.Archived}, err)
	note(i.DeleteAllPendingTasks("look"))
	note(nil, i.DeleteQueue("look", true))
	_, err = i.GetQueueInfo("look")
	note(errors.Is(err, asynq.ErrQueueNotFound), nil)
	return got, nil
}

// recovered has a server that is stopped in the middle of a task.
func recovered(ctx context.Context) (any, error) {
	c := asynq.NewClient(conn)
	defer c.Close()
	begun := make(chan struct{})
	cfg := asynq.Config{Concurrency: 1, Queues: map[string]int{"dies": 1}, ShutdownTimeout: 50 * time.Millisecond}
	srv, err := serve(cfg, asynq.HandlerFunc(func(ctx context.Context, _ *asynq.Task) error {
		close(begun)
		<-ctx.Done()
		time.Sleep(time.Hour)
		return nil
	}))
	if err != nil {
		return nil, err
	}
	if _, err := c.EnqueueContext(ctx, asynq.NewTask("x", nil), asynq.Queue("dies")); err != nil {
		return nil, err
	}
	<-begun
	srv.Shutdown()
	var s seen
	again, err := serve(cfg, asynq.HandlerFunc(func(_ context.Context, t *asynq.Task) error { s.note(t.Type()); return nil }))
	if err != nil {
		return nil, err
	}
	defer again.Shutdown()
	err = cases.Until(ctx, "it is done after all", func() bool { return s.len() == 1 })
	return s.all, err
}
