"""A thousand hostile statements for `query`: not a byte of the database or its folder changes, and each ends within 5 s."""
import hashlib

from drill import *

WRITES = ["insert into run(run_id) values('x')", "update run set status = 'done'", "delete from metric", "drop table run",
          "create table x(y)", "create temp table x(y)", "create view x as select 1", "create trigger t after insert on run begin "
          "select 1; end", "alter table run add column x", "replace into run(run_id) values('x')", "reindex", "analyze", "vacuum",
          "vacuum into '{folder}/copy.db'", "attach database '{folder}/other.db' as o", "attach '{db}' as o", "detach main",
          "begin immediate", "commit", "savepoint s", "pragma user_version = 99", "pragma journal_mode = wal",
          "pragma writable_schema = 1", "pragma application_id = 0", "pragma wal_checkpoint", "pragma optimize",
          "pragma query_only = 0", "pragma trusted_schema = 1", "pragma temp_store_directory = '{folder}'",
          "pragma hard_heap_limit = 1000000000000", "pragma mmap_size = 1000000000", "pragma incremental_vacuum",
          "select load_extension('{folder}/x.so')", "select writefile('{folder}/x', 'y')", "select readfile('/etc/passwd')",
          "select edit('x')", "select fts3_tokenizer('x')", "select randomblob(1000000000)", "select zeroblob(1000000000)",
          "explain select 1; delete from run", "with x as (delete from run returning 1) select * from x", "select 1; drop table run",
          "insert into sqlite_schema values('table','x','x',0,'')", "select sqlite_compileoption_get(1)", "/**/delete from run",
          "select * from run into outfile 'x'", "create virtual table v using csv(filename='/etc/passwd')",
          "select * from pragma_journal_mode('wal')", "pragma table_info(run); vacuum", "explain vacuum"]
HEAVY = ["with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
         "with recursive t(n) as (select 1 union all select n + 1 from t) select * from t",
         "with recursive t(a) as (select 'x' union all select a || a from t) select max(length(a)) from t",
         "select count(*) from metric a, metric b, metric c, metric d", "select * from v_metric a, v_metric b, v_metric c",
         "select printf('%.*c', 1000000000, 'x')", "select format('%999999999d', 1)",
         "select replace(hex(replace(hex(label), 'A', 'AAAAAAAAAAAAAAAA')), '1', '1111111111111111') from run",
         "select group_concat(a.value || b.value) from metric a, metric b", "select sum(a.value * b.value) from metric a, metric b, "
         "metric c", "select max(a.run_id || b.run_id || c.run_id) from v_metric a, v_metric b, v_metric c",
         "select json_extract('{nest}', '$')", "select '{long}' like '%a%a%a%a%a%a%a%a%a%a%b'",
         "select '{long}' glob '*a*a*a*a*a*a*a*a*a*a*a*b'", "select {deep}", "select 1 {unions}", "select {commas}",
         "select * from run order by {commas}", "select count(*) over (partition by a.value order by b.value) from metric a, metric b",
         "with recursive t(x) as (values('[') union all select x || '[' from t) select json(x) from t",
         "select trim(replace(printf('x'), 'x', 'yyyy'))", "select abs(-9223372036854775808)", "select 1 in (select value from metric a, "
         "metric b)", "select strftime('{percent}', 'now')", "select substr('{long}', -1000000000, 2000000000)",
         "select char({numbers})", "select round(1.5, 1000000000)", "select hex(hex(hex(hex(hex(config))))) from run",
         "select json_group_array(json_group_array) from (select json_group_array(a.value) from metric a, metric b)",
         "select * from json_tree('{nest}') a, json_tree('{nest}') b, json_tree('{nest}') c"]
FILL = {"nest": "[" * 900 + "]" * 900, "long": "a" * 60000, "deep": "(" * 900 + "1" + ")" * 900, "unions": "union all select 1 " * 400,
        "commas": ", ".join(["run_id"] * 1500), "percent": "%s" * 3000, "numbers": ", ".join(["65"] * 900)}


def statements(randoms, count, folder, db):
    """The lists above, and mixtures: nested, joined, commented, in other letters, with control characters."""
    names = {**FILL, "folder": folder, "db": db}
    plain = [s.format(**names) if "{" in s else s for s in WRITES + HEAVY]
    yield from plain
    wraps = ["select * from ({})", "with q as ({}) select * from q, q as r", "explain {}", "explain query plan {}", "{};", "{} -- x",
             "select exists({})", "select ({})", "select * from run where run_id in ({})", "{} union all select 1", "-- x\n{}",
             "/* x */ {}", "{}; {}", "select * from ({}) a, ({}) b", "create table y as {}", "values(({}))"]
    for _ in range(count - len(plain)):
        text = randoms.choice(plain)
        for _ in range(randoms.randint(1, 3)):
            kind = randoms.random()
            if kind < 0.6:
                wrap = randoms.choice(wraps)
                text = wrap.replace("{}", text, 1).replace("{}", randoms.choice(plain))
            elif kind < 0.75:
                text = "".join(c.upper() if randoms.random() < 0.5 else c for c in text)
            elif kind < 0.9:
                at = randoms.randrange(len(text) + 1)
                text = text[:at] + randoms.choice(["\x1b[31m", "\t", "\n", "'", "\"", ";", "--", "/*", "\u202e", "0", ")"]) + text[at:]
            else:
                text = text.replace(" ", randoms.choice(["\n", "/**/", "\t", "  "]))
        yield text[:100000]


def state(folder):
    return {name: hashlib.sha256(open(os.path.join(folder, name), "rb").read()).hexdigest()
            for name in os.listdir(folder) if os.path.isfile(os.path.join(folder, name))}


def main():
    options = arguments(__doc__, statements=1000, name="sql")
    randoms, began, problems, slowest, ends = random.Random(options.seed), time.monotonic(), [], 0.0, {}
    with Folder() as folder:
        db = folder + "/r.db"
        code, _, err = sinkmoe(["--db", db, "run", *SWEEP, "--keep", "none"])
        need(code == 0, err)
        before, done = state(folder), 0
        for text in statements(randoms, options.statements, folder, db):
            done += 1
            asked = time.perf_counter()
            try:
                code, out, err = sinkmoe(["--db", db, "query", "--seconds", "2", "--", text], seconds=30)
            except Broken as broken:
                problems.append(str(broken)[:300])
                continue
            took = time.perf_counter() - asked
            slowest = max(slowest, took)
            ends[code] = ends.get(code, 0) + 1
            if code not in (0, 1, 2, 12):
                problems.append("code %d: %s" % (code, text[:200]))
            if took > 5:
                problems.append("%.1f s: %s" % (took, text[:200]))
            if "\x1b" in err:
                problems.append("an escape sequence on stderr: " + text[:200])
            if state(folder) != before:
                problems.append("the folder changed: " + text[:200])
                break
    figures = {"statements": done, "answered": ends.get(0, 0), "refused": sum(n for c, n in ends.items() if c != 0),
               "slowest_s": round(slowest, 2), "bytes_changed": 0 if not problems else None, "seed": options.seed,
               "seconds": round(time.monotonic() - began)}
    return result(options.name, not problems, figures, problems)


if __name__ == "__main__":
    sys.exit(main())
