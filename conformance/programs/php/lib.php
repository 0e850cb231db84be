<?php
// What the programs in PHP share: where the server is, and how a case is told.
error_reporting(E_ALL & ~E_DEPRECATED);
ini_set('display_errors', 'stderr');

define('HOST', getenv('REDIS_HOST'));
define('PORT', (int) getenv('REDIS_PORT'));

function tell(string $name, string $result): void
{
    echo "case\t$name\t", str_replace("\n", ' | ', $result), "\n";
}

/** Ends the program if something is not installed. */
function need(string $what, bool $there): void
{
    if (!$there) {
        tell('all', "SKIPPED $what is not installed");
        exit;
    }
}

/** Runs a case and tells what it returns, which has to be the same with every server. */
function check(string $name, callable $f): void
{
    try {
        tell($name, json_encode($f(), JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR | JSON_PARTIAL_OUTPUT_ON_ERROR));
    } catch (Throwable $e) {
        tell($name, 'FAILED ' . get_class($e) . ': ' . $e->getMessage());
    }
}

function error_of(callable $f): string
{
    try {
        return 'no error but ' . json_encode($f());
    } catch (Throwable $e) {
        return $e->getMessage();
    }
}
