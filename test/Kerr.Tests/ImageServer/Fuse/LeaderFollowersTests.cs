using System.Collections.Concurrent;
using System.Threading;
using Kerr.ImageServer.Fuse;
using Xunit;

namespace Kerr.Tests.ImageServer.Fuse;

public class LeaderFollowersTests
{
    [Fact]
    public void A_thread_alone_leads_again_and_again()
    {
        var threads = new LeaderFollowers(static () => false, 4);
        for (int i = 0; i < 3; i++)
        {
            Assert.True(threads.Lead());
            threads.StepDown();
        }

        Assert.Equal(1, threads.Threads);
    }

    [Fact]
    public void Promoting_starts_threads_up_to_the_most_and_none_while_somebody_leads()
    {
        int started = 0;
        var threads = new LeaderFollowers(() => ++started > 0, 3);
        Assert.True(threads.Lead());
        threads.Promote();
        Assert.Equal(0, started);

        threads.StepDown();
        for (int i = 0; i < 5; i++)
        {
            threads.Promote();
        }

        Assert.Equal(2, started);
        Assert.Equal(3, threads.Threads);
    }

    [Fact]
    public void A_thread_that_cannot_start_is_not_counted()
    {
        var threads = new LeaderFollowers(static () => false, 3);

        threads.Promote();

        Assert.Equal(1, threads.Threads);
    }

    [Fact]
    public void After_the_end_nobody_leads_and_who_follows_comes_back()
    {
        var threads = new LeaderFollowers(static () => true, 2);
        Assert.True(threads.Lead());
        bool led = true;
        var follower = new Thread(() => led = threads.Lead());
        follower.Start();

        threads.End();

        follower.Join();
        Assert.False(led);
        Assert.False(threads.Lead());
    }

    [Fact]
    public void At_any_time_one_leads_and_all_requests_are_worked_on_however_the_threads_meet()
    {
        const int Most = 4, Requests = 20_000;
        var running = new ConcurrentBag<Thread>();
        LeaderFollowers threads = null!;
        int leaders = 0, two = 0, taken = 0;
        void Serve()
        {
            while (threads.Lead())
            {
                two += Interlocked.Increment(ref leaders) == 1 ? 0 : 1;
                int request = ++taken; // nobody else is here
                Interlocked.Decrement(ref leaders);
                threads.StepDown();
                if (request >= Requests)
                {
                    threads.End();
                }
                else if (request % 3 == 0)
                {
                    threads.Promote();
                    Thread.SpinWait(request % 50);
                }
            }
        }

        threads = new LeaderFollowers(
            () =>
            {
                var thread = new Thread(Serve);
                running.Add(thread);
                thread.Start();
                return true;
            },
            Most);
        Serve();
        foreach (Thread thread in running)
        {
            thread.Join();
        }

        Assert.Equal(0, two);
        Assert.True(taken >= Requests);
        Assert.Equal(Most, threads.Threads);
    }
}
