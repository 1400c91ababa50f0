# What one test printed, as the runner's lines of TAP. In: number, name, status (exit status),
# why (the same in words), seconds. The last line that comes out is the counts: number passed failed
# skipped.
function result(word, text) {
	number++
	if (word != "ok") bad++
	else if (text ~ /# *[Ss][Kk][Ii][Pp]/) skip++
	else good++
	print word " " number " - " text
}
{
	gsub(/\r|\033\[[0-9;?]*[A-Za-z]/, "")
	gsub(/[^\t -~]/, "?")
}
/^1\.\.0+ *# *[Ss][Kk][Ii][Pp]/ {
	reason = $0
	sub(/^[^#]*# *[Ss][Kk][Ii][Pp][^ ]* */, "", reason)
	skipped = 1
	next
}
/^1\.\.[0-9]+ *(#|$)/ {
	planned += substr($0, 4)
	plans++
}
/^Bail out!/ {
	bailed = 1
	words = substr($0, 10)
}
/^(not )?ok([ \t]|$)/ {
	text = $0
	word = sub(/^not ok/, "", text) ? "not ok" : "ok"
	sub(/^ok/, "", text)
	sub(/^[ \t]*[0-9]*[ \t]*(- )?[ \t]*/, "", text)
	results++
	result(word, name ": " text)
}
END {
	if (bailed) result("not ok", name ": gave up:" words)
	if (results && results != planned)
		result("not ok", name ": the plan was " (plans ? planned : "not told") ", the results are " results)
	if (status != 0 && !bad) result("not ok", name " # " why ", " seconds " s")
	else if (!results && !bad) result("ok", name " # " (skipped ? "SKIP " reason : seconds " s"))
	print number, good + 0, bad + 0, skip + 0
}
