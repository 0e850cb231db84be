# Redis.pm: pipelines, transactions, scripts, publish/subscribe, streams.
# tries Redis.pm | libredis-perl | pipelines, transactions, scripts, publish/subscribe, streams
use strict;
use warnings;
$| = 1;

sub tell_case { my ($name, $result) = @_; $result =~ s/\n/ | /g; print "case\t$name\t$result\n"; }
eval { require Redis; require JSON::PP; 1 } or do { tell_case('all', 'SKIPPED libredis-perl is not installed'); exit };
my $json = JSON::PP->new->canonical->allow_nonref;

sub check {
    my ($name, $f) = @_;
    my $v = eval { local $SIG{ALRM} = sub { die "no end\n" }; alarm 30; my $r = $f->(); alarm 0; $json->encode($r) };
    tell_case($name, defined $v ? $v : "FAILED $@");
}

sub error_of { my $f = shift; eval { $f->(); 1 } ? 'none' : $@ =~ s/, at .*//sr }

my $r = Redis->new(server => "$ENV{REDIS_HOST}:$ENV{REDIS_PORT}", reconnect => 2, name => 'perl');
check('pipelines, transactions', sub {
    my @got;
    $r->set("k$_", $_, sub { push @got, $_[0] }) for 1 .. 100;
    $r->wait_all_responses;
    $r->multi; $r->incr('k1'); $r->get('k1');
    my $exec = [map { "$_" } $r->exec];
    my @error = $r->lpush('k1', 'x', sub { push @got, $_[1] });
    $r->wait_all_responses;
    return [scalar @got, $got[-1], $exec, $r->mget('k1', 'k2', 'none'), $r->client_getname, error_of(sub { $r->hget('k1', 'f') })];
});
check('scripts, collections', sub {
    my $sha = $r->script_load('return {KEYS[1], ARGV[1]}');
    my @e = $r->evalsha($sha, 1, 'a', 'b');
    $r->script_flush;
    $r->hmset('h', a => 1, b => 2);
    my %h = $r->hgetall('h');
    $r->zadd('z', 1.5, 'a', 2, 'b');
    my $info = $r->info;
    return [\@e, error_of(sub { $r->evalsha($sha, 0) }), \%h, [$r->zrange('z', 0, -1, 'WITHSCORES')], $info->{redis_mode}, [$r->keys('z')], [$r->blpop('none', 1)]];
});
check('publish/subscribe', sub {
    my @heard;
    my $s = Redis->new(server => "$ENV{REDIS_HOST}:$ENV{REDIS_PORT}");
    $s->psubscribe('n*', sub { my ($m, $topic, $sub) = @_; push @heard, [$m, $topic, $sub] });
    $r->publish('news', 'hello');
    $s->wait_for_messages(5) until @heard;
    $s->punsubscribe('n*', sub { });
    return \@heard;
});
check('streams', sub {
    $r->xgroup('CREATE', 'st', 'g', '$', 'MKSTREAM');
    $r->xadd('st', '*', 'n', $_) for 1 .. 3;
    my ($s) = $r->xreadgroup('GROUP', 'g', 'a', 'COUNT', 2, 'STREAMS', 'st', '>');
    my @p = $r->xpending('st', 'g');
    return [$s->[0], [map { $_->[1] } @{$s->[1]}], $p[0], $r->xlen('st')];
});
